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
let current: number | undefined

/**
 * Makes TF.js compute on a device from now on. Calling it again with other threads starts a new backend: tensors of
 * the old one are gone.
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
    registered = true
  }
  if (current !== count) {
    if (current !== undefined) tf.removeBackend(BACKEND_NAME)
    tf.registerBackend(BACKEND_NAME, () => new OnnxBackend(count))
    current = count
  }
  await tf.setBackend(BACKEND_NAME)
  await tf.ready()
  return { device: 'cpu', threads: count }
}
