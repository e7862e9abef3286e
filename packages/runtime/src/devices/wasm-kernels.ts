/** TF.js's wasm backend lacks kernels, and computes some wrongly; both are computed by others. */
import { computeOnHost } from '../kernels/host/host.js'
import { tf } from '../tf.js'

type KernelFunc = Parameters<typeof tf.registerKernel>[0]['kernelFunc']
type Arguments = Parameters<KernelFunc>[0]

/** Registers what is missing or wrong; once for a process. The gradients of convolutions are computed in JavaScript, and slow. */
export function registerWasmKernels(): void {
  fillIn('UnsortedSegmentSum', ({ inputs, attrs }) => {
    // The engine hands kernels whole tensors, and frees what is made on the way with its scope.
    const { x, segmentIds } = inputs as Record<'x' | 'segmentIds', tf.Tensor>
    const [rows, ...rest] = x.shape
    const { numSegments } = attrs as unknown as { numSegments: number }
    return tf.scatterND(tf.reshape(segmentIds, [rows as number, 1]), x, [numSegments, ...rest])
  })
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) fillIn(kernelName, (args) => computeOnHost(kernelName, args))
  for (const [kernelName, isWrong] of Object.entries(wrong)) mend(kernelName, isWrong)
}

const hasOtherThanFloats = ({ inputs }: Arguments): boolean => inputs['x']?.dtype !== 'float32'

/** For which arguments a kernel of version 4.22 gives other values than TF.js's other backends, or writes past its result's end. */
const wrong: Record<string, (args: Arguments) => boolean> = {
  // Writes int32 into results of any type: past the end of a bool.
  OneHot: ({ attrs }) => attrs?.['dtype'] !== 'int32',
  // Keeps the last byte: 256 is false, and 2 is not 1.
  Cast: ({ attrs }) => attrs?.['dtype'] === 'bool',
  // Take the elements of bools for numbers of four bytes.
  Reverse: ({ inputs }) => inputs['x']?.dtype === 'bool',
  Select: ({ inputs }) => inputs['t']?.dtype === 'bool',
  // Take int32 for floats.
  ClipByValue: hasOtherThanFloats,
  StridedSlice: hasOtherThanFloats,
  IsNan: hasOtherThanFloats,
  IsInf: hasOtherThanFloats,
  IsFinite: hasOtherThanFloats,
  // Gives floats where others give int32.
  FloorDiv: () => true,
}

function fillIn(kernelName: string, kernelFunc: KernelFunc): void {
  if (!tf.getKernel(kernelName, 'wasm')) tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc })
}

function mend(kernelName: string, isWrong: (args: Arguments) => boolean): void {
  const theirs = tf.getKernel(kernelName, 'wasm')
  tf.unregisterKernel(kernelName, 'wasm')
  const kernelFunc: KernelFunc = (args) => (isWrong(args) ? computeOnHost(kernelName, args) : theirs.kernelFunc(args))
  tf.registerKernel({ ...theirs, kernelFunc })
}
