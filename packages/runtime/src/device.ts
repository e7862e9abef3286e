import { availableParallelism } from 'node:os'
import { BACKEND_NAME, OnnxBackend } from './backend/backend.js'
import type { Availability } from './devices/availability.js'
import { chooseDevice } from './devices/choose.js'
import { type Device, type DeviceName, deviceNames } from './devices/names.js'
import { useTensorflow, useWasm } from './devices/tfjs.js'
import type { Adapter } from './devices/webgpu.js'
import { registerKernels } from './kernels/index.js'
import type { Provider } from './onnx/session.js'
import { tf } from './tf.js'

export type { Device, DeviceName }

export interface DeviceOptions {
  /** Threads within one operator on the CPU; all cores by default. */
  threads?: number
}

export interface DeviceInfo {
  /** What computes from now on. */
  device: Device
  /** Threads within one operator on the CPU; `tensorflow` takes its own number. */
  threads: number
  /** On `webgpu`: whether a graphics chip computes or a program. */
  adapter?: Adapter
  /** With `auto`: the devices that come first and why each was not taken. */
  passedOver?: readonly { device: Device; because: string }[]
}

/** What `auto` tries, in this order. */
const automatic = ['cuda', 'webgpu', 'cpu', 'wasm'] as const

let registered = false

/**
 * Makes TF.js compute on a device from now on. Called again with another device or number of threads, it keeps all
 * tensors and compiles anew what is compiled.
 *
 * @throws when there is no such device, or it cannot be had on this machine; says what is missing and what to do.
 */
export async function useDevice(name: DeviceName = 'auto', { threads }: DeviceOptions = {}): Promise<DeviceInfo> {
  const count = threads ?? availableParallelism()
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`The number of threads must be a whole number of 1 or more, got ${threads}.`)
  }
  const { device, found, passedOver } = chooseDevice(name, deviceNames, automatic)
  await start(device, count)
  return { device, threads: device === 'wasm' ? 1 : count, ...adapterOf(found), ...(name === 'auto' ? { passedOver } : {}) }
}

function adapterOf({ adapter }: Availability): { adapter?: Adapter } {
  return adapter ? { adapter } : {}
}

async function start(device: Device, threads: number): Promise<void> {
  if (device === 'wasm') return useWasm()
  if (device === 'tensorflow') return useTensorflow()
  return useOnnx({ provider: device, threads })
}

async function useOnnx(options: { provider: Provider; threads: number }): Promise<void> {
  if (!registered) {
    registerKernels()
    tf.registerBackend(BACKEND_NAME, () => new OnnxBackend(options))
    registered = true
  }
  ;(tf.findBackend(BACKEND_NAME) as OnnxBackend).setCompute(options)
  await tf.setBackend(BACKEND_NAME)
  await tf.ready()
}
