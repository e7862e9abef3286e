/**
 * Dropout whose masks are computed in the graph by an integer hash, so that a compiled step draws new ones at every
 * call, and the same ones when it is run again, in another batch split, or by another number of processes.
 */
import { Value } from '../graph/graph.js'
import { add, cast, kernel, mul, op, reshape, scalar } from '../kernels/registry.js'
import { tf } from '../tf.js'

/** What a mask depends on, besides the layer's number. */
export interface DropoutKey {
  /** The run's seed. */
  seed: number
  /** The training step, a scalar. */
  step: tf.Tensor
  /** int32 (N): what identifies each example of the batch. */
  examples: tf.Tensor
}

interface MaskAttributes {
  seed: number
  layer: number
  rate: number
  /** Elements per example. */
  size: number
}

// Multipliers of Murmur3's finalizer and of a 32-bit hash found by search (Wellons, "Hash function prospector").
const STEP = 0x9e3779b1 | 0
const EXAMPLE = 0x85ebca6b | 0
const FIRST = 0x7feb352d | 0
const SECOND = 0x846ca68b | 0

/**
 * Sets elements of `x` (N, …) to zero with probability `rate` and divides the others by 1 − rate (Srivastava et al.
 * 2014). The mask is a function of (seed, step, example, layer, position) alone.
 */
export function dropout(x: tf.Tensor, rate: number, key: DropoutKey, layer: number): tf.Tensor {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`A dropout rate must be at least 0 and less than 1, got ${rate}.`)
  if (rate === 0) return x
  const [examples] = x.shape
  if (key.examples.size !== examples) {
    throw new Error(`dropout: x has ${examples} examples but the key names ${key.examples.size}.`)
  }
  return tf.tidy(() => {
    const attributes: MaskAttributes = { seed: key.seed, layer, rate, size: x.size / examples }
    const inputs = { step: tf.cast(key.step, 'int32'), examples: key.examples }
    const mask = tf.engine().runKernel('DropoutMask', inputs, attributes as object as never) as tf.Tensor
    return tf.mul(x, tf.reshape(mask, x.shape))
  })
}

/** The hash of a position, or of what a mask is drawn for: the full 32-bit mix. */
function mix(value: number): number {
  let x = value ^ (value >>> 16)
  x = Math.imul(x, FIRST)
  x ^= x >>> 15
  x = Math.imul(x, SECOND)
  return x ^ (x >>> 16)
}

function layerKey(seed: number, layer: number): number {
  return mix(mix(seed | 0) ^ mix(Math.floor(seed / 2 ** 32) + 0x51ed27) ^ mix(Math.imul(layer + 1, STEP)))
}

/** Elements whose hash, as a signed number, reaches this are kept. */
function threshold(rate: number): number {
  return Math.round(rate * 2 ** 32) - 2 ** 31
}

/** 0 or 1 / (1 − rate) for each element: the definition, which the graph and this loop share. */
export function maskOnHost(step: number, examples: ArrayLike<number>, { seed, layer, rate, size }: MaskAttributes): Float32Array {
  const stepKey = mix(Math.imul(step, STEP) + layerKey(seed, layer))
  const limit = threshold(rate)
  const mask = new Float32Array(examples.length * size)
  for (let n = 0; n < examples.length; n++) {
    const row = mix(Math.imul(examples[n] as number, EXAMPLE) + stepKey)
    for (let i = 0; i < size; i++) {
      let x = Math.imul(row ^ mix(i + 1), FIRST)
      x ^= x >>> 15
      if (Math.imul(x, SECOND) >= limit) mask[n * size + i] = 1 / (1 - rate)
    }
  }
  return mask
}

const positions = new Map<number, Value>()

/** mix(1), mix(2), …: a constant, the same one for every mask of a size. */
function positionHashes(size: number): Value {
  let value = positions.get(size)
  if (!value) {
    value = Value.concrete(Int32Array.from({ length: size }, (_, i) => mix(i + 1)), [size], 'int32')
    positions.set(size, value)
  }
  return value
}

function xorShift(x: Value, bits: number): Value {
  const shifted = op('BitShift', [cast(x, 'uint32'), scalar(bits, 'uint32')], x.shape, 'uint32', { direction: 'RIGHT' })
  return op('BitwiseXor', [x, cast(shifted, 'int32')], x.shape, 'int32')
}

function mixInGraph(x: Value): Value {
  const first = xorShift(mul(xorShift(x, 16), scalar(FIRST, 'int32')), 15)
  return xorShift(mul(first, scalar(SECOND, 'int32')), 16)
}

export function registerDropout(): void {
  kernel<MaskAttributes>('DropoutMask', ({ step, examples }, { seed, layer, rate, size }) => {
    const stepKey = mixInGraph(add(mul(step as Value, scalar(STEP, 'int32')), scalar(layerKey(seed, layer), 'int32')))
    const rows = mixInGraph(add(mul(examples as Value, scalar(EXAMPLE, 'int32')), stepKey))
    const count = (examples as Value).size
    const shape = [count, size]
    const crossed = op('BitwiseXor', [reshape(rows, [count, 1]), positionHashes(size)], shape, 'int32')
    const hash = mul(xorShift(mul(crossed, scalar(FIRST, 'int32')), 15), scalar(SECOND, 'int32'))
    const keep = op('GreaterOrEqual', [hash, scalar(threshold(rate), 'int32')], shape, 'bool')
    return op('Where', [keep, scalar(1 / (1 - rate)), scalar(0)], shape, 'float32')
  })
  registerMaskOnHost('cpu')
}

/** Lets a backend of TF.js draw masks: in JavaScript, by the same definition. */
export function registerMaskOnHost(backendName: string): void {
  if (tf.getKernel('DropoutMask', backendName)) return
  tf.registerKernel({
    kernelName: 'DropoutMask',
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const read = (info: tf.TensorInfo) => (backend as tf.KernelBackend).readSync(info.dataId) as Int32Array
      const attributes = attrs as object as MaskAttributes
      const examples = read(inputs.examples as tf.TensorInfo)
      const mask = maskOnHost(read(inputs.step as tf.TensorInfo)[0] as number, examples, attributes)
      const shape = [examples.length, attributes.size]
      return { dataId: (backend as tf.KernelBackend).write(mask, shape, 'float32'), shape, dtype: 'float32' }
    },
  })
}
