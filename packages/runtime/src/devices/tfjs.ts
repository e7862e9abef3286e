/** TF.js's own backends as devices: what is not there is filled in from what is. */
import { registerMaskOnHost } from '../ops/dropout.js'
import { tf } from '../tf.js'
import { isInstalled, tensorflowPackages } from './availability.js'

/** Makes TF.js compute on its wasm backend. In Node that runs on one thread. */
export async function useWasm(): Promise<void> {
  await import('@tensorflow/tfjs-backend-wasm')
  fillInWasm()
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
  if (!(await tf.setBackend(name))) throw new Error(`TF.js's backend '${name}' did not start.`)
  await tf.ready()
}

type Compute = (inputs: Record<string, tf.Tensor>, attributes: Record<string, unknown>) => tf.Tensor

/** The kernels that gradients need and the backend lacks, in terms of its own. */
function fillInWasm(): void {
  const fillIn = (kernelName: string, compute: Compute): void => {
    if (tf.getKernel(kernelName, 'wasm')) return
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      // The engine hands kernels whole tensors, and frees what is made on the way with its scope.
      kernelFunc: ({ inputs, attrs }) => compute(inputs as Record<string, tf.Tensor>, attrs as Record<string, unknown>),
    })
  }
  fillIn('UnsortedSegmentSum', ({ x, segmentIds }, { numSegments }) => {
    const [rows, ...rest] = (x as tf.Tensor).shape
    return tf.scatterND(tf.reshape(segmentIds as tf.Tensor, [rows as number, 1]), x as tf.Tensor, [numSegments as number, ...rest])
  })
}
