/** Kernels that only pass data on: strings and complex numbers go through here. */
import { BACKEND_NAME, type OnnxBackend } from '../backend/backend.js'
import { tf } from '../tf.js'
import { full, reshape } from './registry.js'

type Arguments = Parameters<Parameters<typeof tf.registerKernel>[0]['kernelFunc']>[0]

function register(name: string, compute: (args: Arguments, backend: OnnxBackend) => tf.TensorInfo): void {
  tf.registerKernel({
    kernelName: name,
    backendName: BACKEND_NAME,
    kernelFunc: (args) => compute(args, args.backend as OnnxBackend),
  })
}

/** The same data under another shape, or a further reference to them. */
function share(backend: OnnxBackend, { dataId, dtype }: tf.TensorInfo, shape: number[]): tf.TensorInfo {
  backend.incRef(dataId)
  return { dataId, shape, dtype }
}

export function registerPassing(): void {
  register('Identity', ({ inputs }, backend) => {
    const x = inputs.x as tf.TensorInfo
    return share(backend, x, x.shape)
  })
  register('Reshape', ({ inputs, attrs }, backend) => {
    const x = inputs.x as tf.TensorInfo
    const size = tf.util.sizeFromShape(x.shape)
    const shape = tf.util.inferFromImplicitShape((attrs as object as { shape: number[] }).shape, size)
    tf.util.assert(size === tf.util.sizeFromShape(shape), () => `A tensor of shape [${x.shape}] cannot be reshaped to [${shape}].`)
    if (x.dtype === 'string' || x.dtype === 'complex64') return share(backend, x, shape)
    return backend.infoOf(reshape(reshape(backend.valueFor(x), x.shape), shape))
  })
  register('Fill', ({ attrs }, backend) => {
    const { shape, value, dtype } = attrs as object as { shape: number[]; value: number | string; dtype?: tf.DataType }
    if (typeof value === 'string') {
      const text = tf.util.encodeString(value)
      const dataId = backend.write(Array.from({ length: tf.util.sizeFromShape(shape) }, () => text), shape, 'string')
      return { dataId, shape, dtype: 'string' }
    }
    return backend.infoOf(full(shape, value, (dtype ?? 'float32') as 'float32'))
  })
}
