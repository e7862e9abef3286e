/** TF.js's own wasm backend as a peer, with the kernels that training needs and that it lacks. */
import { tf } from '@parlance/runtime'

/**
 * Makes TF.js compute on its wasm backend. In Node that backend runs on one thread: it switches its threads off there
 * (https://github.com/tensorflow/tfjs/issues/3830).
 */
export async function useWasm(): Promise<{ device: 'tfjs-wasm'; threads: number }> {
  // eslint-disable-next-line no-restricted-imports -- another backend to compare with
  const { getThreadsCount } = await import('@tensorflow/tfjs-backend-wasm')
  fillIn()
  await tf.setBackend('wasm')
  await tf.ready()
  return { device: 'tfjs-wasm', threads: getThreadsCount() }
}

/** Registers what is missing in terms of the backend's own kernels, so that nothing is computed in JavaScript. */
function fillIn(): void {
  register('UnsortedSegmentSum', ({ x, segmentIds }, { numSegments }) => {
    const [rows, ...rest] = (x as tf.Tensor).shape
    return tf.scatterND(tf.reshape(segmentIds as tf.Tensor, [rows as number, 1]), x as tf.Tensor, [numSegments as number, ...rest])
  })
  register('Conv2DBackpropFilter', ({ x, dy }, { strides, pad, filterShape }) => {
    const [input, output] = [x, dy] as [tf.Tensor4D, tf.Tensor4D]
    const shape = filterShape as [number, number, number, number]
    const { padInfo, strideHeight, strideWidth } = tf.backend_util.computeConv2DInfo(input.shape, shape, strides as number, 1, pad as 'same')
    const { top, bottom, left, right } = padInfo
    // A convolution of the input with the output's gradient, examples in the place of channels: strides become dilations.
    const images = tf.pad(tf.transpose(input, [3, 1, 2, 0]), [[0, 0], [top, bottom], [left, right], [0, 0]]) as tf.Tensor4D
    const kernel = tf.transpose(output, [1, 2, 0, 3]) as tf.Tensor4D
    const sums = tf.conv2d(images, kernel, 1, 'valid', 'NHWC', [strideHeight, strideWidth])
    return tf.slice(tf.transpose(sums, [1, 2, 0, 3]), [0, 0, 0, 0], shape)
  })
}

type Compute = (inputs: Record<string, tf.Tensor>, attributes: Record<string, unknown>) => tf.Tensor

function register(kernelName: string, compute: Compute): void {
  if (tf.getKernel(kernelName, 'wasm')) throw new Error(`TF.js's wasm backend has ${kernelName} now: drop it here.`)
  tf.registerKernel({
    kernelName,
    backendName: 'wasm',
    // The engine hands kernels whole tensors, and frees what is made on the way with its scope.
    kernelFunc: ({ inputs, attrs }) => compute(inputs as Record<string, tf.Tensor>, attrs as Record<string, unknown>),
  })
}
