/** TF.js's own backends as devices. */
import { registerGradients } from '../kernels/gradients.js'
import { registerMaskOnHost } from '../ops/dropout.js'
import { tf } from '../tf.js'
import { isInstalled, tensorflowPackages } from './availability.js'
import { registerWasmKernels } from './wasm-kernels.js'

/** Makes TF.js compute on its wasm backend. In Node that runs on one thread. */
export async function useWasm(): Promise<void> {
  await import('@tensorflow/tfjs-backend-wasm')
  registerWasmKernels()
  registerMaskOnHost('wasm')
  await setBackend('wasm')
}

/** Makes TF.js compute on TensorFlow's C library. */
export async function useTensorflow(): Promise<void> {
  const name = tensorflowPackages.find(isInstalled)
  if (name === undefined) throw new Error(`Neither ${tensorflowPackages.join(' nor ')} is installed.`)
  await import(name)
  registerMaskOnHost('tensorflow')
  await setBackend('tensorflow')
}

async function setBackend(name: string): Promise<void> {
  // Those of TF.js that are wrong are so on each of its backends.
  registerGradients()
  if (!(await tf.setBackend(name))) throw new Error(`TF.js's backend '${name}' did not start.`)
  await tf.ready()
}
