/** Complex numbers: kernels that compute on the real and the imaginary parts, and Fourier transforms. */
import { BACKEND_NAME, type ComplexParts, type OnnxBackend } from '../backend/backend.js'
import type { Value } from '../graph/graph.js'
import { tf } from '../tf.js'
import { add, cast, div, full, mul, op, reshape, scalar, slice, sub } from './registry.js'

type KernelFunc = Parameters<typeof tf.registerKernel>[0]['kernelFunc']
type Arguments = Parameters<KernelFunc>[0]

/** Kernels that are linear over the real numbers: each part is computed on its own. */
const BY_PARTS = [
  'Add', 'AddN', 'BroadcastTo', 'Concat', 'ExpandDims', 'GatherNd', 'GatherV2', 'Neg', 'Pack', 'Reverse', 'Slice', 'SplitV',
  'StridedSlice', 'Sub', 'Sum', 'Tile', 'Transpose', 'Unpack', 'ZerosLike',
]

function isComplex({ dtype }: tf.TensorInfo): boolean {
  return dtype === 'complex64'
}

/** The real and the imaginary part, in the shape that the tensor shows. */
function partsOf(backend: OnnxBackend, info: tf.TensorInfo): ComplexParts {
  const [real, imaginary] = backend.partsFor(info)
  return [reshape(real, info.shape), reshape(imaginary, info.shape)]
}

function register(name: string, compute: (args: Arguments, backend: OnnxBackend) => tf.TensorInfo): void {
  tf.registerKernel({
    kernelName: name,
    backendName: BACKEND_NAME,
    kernelFunc: (args) => compute(args, args.backend as OnnxBackend),
  })
}

/** Lets a kernel do something else where one of its inputs is complex. */
function extend(name: string, onComplex: (args: Arguments, real: KernelFunc) => tf.TensorInfo | tf.TensorInfo[]): void {
  const config = tf.getKernel(name, BACKEND_NAME)
  const { kernelFunc } = config
  tf.unregisterKernel(name, BACKEND_NAME)
  tf.registerKernel({
    ...config,
    kernelFunc: (args) => {
      for (const key in args.inputs) {
        const info = args.inputs[key]
        if (info && isComplex(info)) return onComplex(args, kernelFunc)
      }
      return kernelFunc(args)
    },
  })
}

function byParts(args: Arguments, compute: KernelFunc): tf.TensorInfo | tf.TensorInfo[] {
  const backend = args.backend as OnnxBackend
  const [reals, imaginaries] = ([0, 1] as const).map((part) => {
    const inputs: Record<string, tf.TensorInfo> = {}
    const parts: tf.TensorInfo[] = []
    for (const [key, info] of Object.entries(args.inputs)) {
      inputs[key] = info as tf.TensorInfo
      if (!info || !isComplex(info)) continue
      const shown = backend.infoOf(partsOf(backend, info)[part])
      parts.push(shown)
      inputs[key] = shown
    }
    const result = [compute({ ...args, inputs })].flat()
    for (const { dataId } of parts) backend.disposeData(dataId)
    return result
  }) as [tf.TensorInfo[], tf.TensorInfo[]]
  const infos = reals.map((real, i) => {
    const imaginary = imaginaries[i] as tf.TensorInfo
    const joined = backend.infoOfParts([backend.valueFor(real), backend.valueFor(imaginary)])
    for (const { dataId } of [real, imaginary]) backend.disposeData(dataId)
    return joined
  })
  return infos.length === 1 ? (infos[0] as tf.TensorInfo) : infos
}

function multiply([a, b]: ComplexParts, [c, d]: ComplexParts): ComplexParts {
  return [sub(mul(a, c), mul(b, d)), add(mul(a, d), mul(b, c))]
}

/** √(a² + b²), not by way of squares that overflow. */
function magnitude(parts: ComplexParts): Value {
  const { shape } = parts[0]
  const [a, b] = parts.map((part) => op('Abs', [part], shape, 'float32')) as [Value, Value]
  const [larger, smaller] = [op('Max', [a, b], shape, 'float32'), op('Min', [a, b], shape, 'float32')]
  const isZero = op('Equal', [larger, scalar(0)], shape, 'bool')
  const ratio = div(smaller, op('Where', [isZero, scalar(1), larger], shape, 'float32'))
  return mul(larger, op('Sqrt', [add(mul(ratio, ratio), scalar(1))], shape, 'float32'))
}

/** The discrete Fourier transform along the last axis; the inverse divides by its length. */
function fourier(parts: ComplexParts, inverse: boolean): ComplexParts {
  const { shape } = parts[0]
  const length = shape.at(-1) as number
  const rows = parts[0].size / length
  const pairs = [rows, length, 2]
  const columns = parts.map((part) => reshape(part, [rows, length, 1]))
  const input = op('Concat', columns, pairs, 'float32', { axis: 2 })
  const transformed = op('DFT', [input, undefined, scalar(1, 'int64')], pairs, 'float32', { inverse: inverse ? 1 : 0 })
  const part = (index: number): Value => reshape(slice(transformed, [0, 0, index], [rows, length, 1]), shape)
  return [part(0), part(1)]
}

export function registerComplex(): void {
  register('Complex', ({ inputs }, backend) => {
    const { real, imag } = inputs as Record<'real' | 'imag', tf.TensorInfo>
    const part = (info: tf.TensorInfo): Value => cast(reshape(backend.valueFor(info), info.shape), 'float32')
    return backend.infoOfParts([part(real), part(imag)])
  })
  register('Real', ({ inputs }, backend) => backend.infoOf(partsOf(backend, inputs.input as tf.TensorInfo)[0]))
  register('Imag', ({ inputs }, backend) => backend.infoOf(partsOf(backend, inputs.input as tf.TensorInfo)[1]))
  register('ComplexAbs', ({ inputs }, backend) => {
    const x = inputs.x as tf.TensorInfo
    return backend.infoOf(magnitude(partsOf(backend, x)))
  })
  for (const [name, inverse] of [['FFT', false], ['IFFT', true]] as const) {
    register(name, ({ inputs }, backend) => backend.infoOfParts(fourier(partsOf(backend, inputs.input as tf.TensorInfo), inverse)))
  }
  for (const name of BY_PARTS) extend(name, byParts)
  extend('Multiply', ({ inputs, backend }) => {
    const onnx = backend as OnnxBackend
    const { a, b } = inputs as Record<'a' | 'b', tf.TensorInfo>
    return onnx.infoOfParts(multiply(partsOf(onnx, a), partsOf(onnx, b)))
  })
  extend('OnesLike', ({ inputs, backend }) => {
    const { shape } = inputs.x as tf.TensorInfo
    return (backend as OnnxBackend).infoOfParts([full(shape, 1, 'float32'), full(shape, 0, 'float32')])
  })
  registerCast()
}

/** To complex numbers: the imaginary part is 0. From complex numbers: the real part. */
function registerCast(): void {
  const config = tf.getKernel('Cast', BACKEND_NAME)
  tf.unregisterKernel('Cast', BACKEND_NAME)
  tf.registerKernel({
    ...config,
    kernelFunc: (args) => {
      const backend = args.backend as OnnxBackend
      const x = args.inputs.x as tf.TensorInfo
      const { dtype } = args.attrs as object as { dtype: tf.DataType }
      if (dtype === 'complex64') {
        if (isComplex(x)) return backend.infoOfParts(partsOf(backend, x))
        const real = cast(reshape(backend.valueFor(x), x.shape), 'float32')
        return backend.infoOfParts([real, full(x.shape, 0, 'float32')])
      }
      return isComplex(x) ? backend.infoOf(cast(partsOf(backend, x)[0], dtype as 'float32')) : config.kernelFunc(args)
    },
  })
}
