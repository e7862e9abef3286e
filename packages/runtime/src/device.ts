import { availableParallelism } from 'node:os'
import { BACKEND_NAME, OnnxBackend } from './backend/backend.js'
import { registerKernels } from './kernels/index.js'
import { tf } from './tf.js'

/** A device that can be asked for by name. `auto` takes the best that is there. */
export type DeviceName = 'auto' | 'cpu'

export interface DeviceOptions {
  /** Threads within one operator; all cores by default. */
  threads?: number
}

export interface DeviceInfo {
  device: Exclude<DeviceName, 'auto'>
  threads: number
}

let registered = false

/**
 * Makes TF.js compute on a device from now on. Called again with another number of threads, it keeps all tensors and
 * compiles anew what is compiled.
 *
 * @throws when the device is not one that this version has, or cannot be had on this machine.
 */
export async function useDevice(name: DeviceName = 'auto', { threads }: DeviceOptions = {}): Promise<DeviceInfo> {
  if (name !== 'auto' && name !== 'cpu') {
    throw new Error(`There is no device '${String(name)}': use 'auto' or 'cpu'.`)
  }
  const count = threads ?? availableParallelism()
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`The number of threads must be a whole number of 1 or more, got ${threads}.`)
  }
  if (!registered) {
    registerKernels()
    tf.registerBackend(BACKEND_NAME, () => new OnnxBackend(count))
    registered = true
  }
  ;(tf.findBackend(BACKEND_NAME) as OnnxBackend).setThreads(count)
  await tf.setBackend(BACKEND_NAME)
  await tf.ready()
  return { device: 'cpu', threads: count }
}
