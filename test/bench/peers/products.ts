/** Measures the raw rate of matrix products in a process of its own. */
import { type DeviceName, useDevice } from '@parlance/runtime'
import { rawProductRate } from '../timing.js'
import { serve } from './serve.js'

await serve<{ device: string; threads: number }, { runs: number }>(async ({ device, threads }) => {
  const ready = await useDevice(device as DeviceName, { threads })
  const measure = rawProductRate()
  return { ready, answer: async ({ runs }) => ({ rates: Array.from({ length: runs }, measure) }) }
})
