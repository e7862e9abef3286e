/**
 * The kernels that are computed on the host, by TF.js's own implementations for its backend `cpu`: what ONNX has no
 * operator for and no text or speech model needs. Everything else is computed by ONNX Runtime.
 */
export interface HostKernel {
  /** TF.js's name for it. */
  kernel: string
  /** Only for tensors of strings; numbers are computed by ONNX Runtime. */
  strings: boolean
  why: string
}

function family(why: string, ...kernels: string[]): HostKernel[] {
  return kernels.map((kernel) => ({ kernel, strings: false, why }))
}

const onStrings = [
  'Concat', 'Equal', 'ExpandDims', 'GatherNd', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'NotEqual', 'Pack', 'Slice',
  'SparseToDense', 'StridedSlice', 'Tile', 'Unpack',
]

export const hostKernels: readonly HostKernel[] = [
  ...family(
    'the shape of the result depends on the data, and graphs have static shapes',
    'NonMaxSuppressionV3', 'NonMaxSuppressionV4', 'NonMaxSuppressionV5', 'Unique',
    'SparseFillEmptyRows', 'SparseReshape', 'SparseSegmentMean', 'SparseSegmentSum',
    'RaggedGather', 'RaggedRange', 'RaggedTensorToTensor',
  ),
  ...family('refuses shapes by their values, which it must read', 'BroadcastArgs'),
  ...family('works on strings', 'StaticRegexReplace', 'StringNGrams', 'StringSplit', 'StringToHashBucketFast'),
  ...family('turns and warps images', 'RotateWithOffset', 'Transform'),
  ...onStrings.map((kernel) => ({ kernel, strings: true, why: 'ONNX Runtime is given no strings' })),
]
