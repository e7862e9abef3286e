/** TF.js's own backends as devices: what is not there is filled in from what is. */
import { computeOnHost } from '../kernels/host/host.js'
import { registerGradients } from '../kernels/gradients.js'
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
  // Those of TF.js that are wrong are so on each of its backends.
  registerGradients()
  if (!(await tf.setBackend(name))) throw new Error(`TF.js's backend '${name}' did not start.`)
  await tf.ready()
}

/**
 * Registers the kernels that the backend lacks: where its own can compute it by those, the others in JavaScript by TF.js's
 * backend `cpu`. The gradients of convolutions are among the latter, and slow.
 */
function fillInWasm(): void {
  register('UnsortedSegmentSum', ({ inputs, attrs }) => {
    // The engine hands kernels whole tensors, and frees what is made on the way with its scope.
    const { x, segmentIds } = inputs as Record<'x' | 'segmentIds', tf.Tensor>
    const [rows, ...rest] = x.shape
    const { numSegments } = attrs as unknown as { numSegments: number }
    return tf.scatterND(tf.reshape(segmentIds, [rows as number, 1]), x, [numSegments, ...rest])
  })
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) register(kernelName, (args) => computeOnHost(kernelName, args))
}

function register(kernelName: string, kernelFunc: Parameters<typeof tf.registerKernel>[0]['kernelFunc']): void {
  if (!tf.getKernel(kernelName, 'wasm')) tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc })
}
