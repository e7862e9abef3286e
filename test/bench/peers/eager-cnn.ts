/** Trains the eager convolution network in a process of its own, on a device of ours or on TF.js's wasm backend. */
import { type DeviceName, useDevice } from '@parlance/runtime'
import { program } from '../eager-cnn/program.js'
import { useWasm } from '../wasm.js'
import { serve } from './serve.js'

await serve<{ device: string; threads: number }, 'epoch' | 'test'>(async ({ device, threads }) => {
  const ready = device === 'tfjs-wasm' ? await useWasm() : await useDevice(device as DeviceName, { threads })
  const { epoch, test } = program()
  return { ready, answer: (question) => (question === 'epoch' ? epoch() : test()) }
})
