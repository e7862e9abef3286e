/** Pooling over windows, with its gradients, and batch normalisation. */
import { addNode, Value } from '../graph/graph.js'
import { tf } from '../tf.js'
import { firstShape, fromChannelsFirst, type Plan, pads, toChannelsFirst } from './convolution.js'
import { add, div, full, kernel, mul, op, reshape, scalar, slice, sub } from './registry.js'

interface PoolAttributes {
  filterSize: [number, number] | number
  strides: [number, number] | number
  pad: 'valid' | 'same' | number
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

function planOf(x: Value, a: PoolAttributes): Plan {
  const shape = x.shape as [number, number, number, number]
  return tf.backend_util.computePool2DInfo(shape, a.filterSize, a.strides, 1, a.pad, a.dimRoundingMode)
}

function windows(plan: Plan) {
  return {
    kernel_shape: [plan.filterHeight, plan.filterWidth],
    strides: [plan.strideHeight, plan.strideWidth],
    pads: pads(plan),
  }
}

function pool(onnx: string, x: Value, a: PoolAttributes): Value {
  const plan = planOf(x, a)
  return fromChannelsFirst(op(onnx, [toChannelsFirst(x, plan)], firstShape(plan), 'float32', windows(plan)), plan)
}

/** Each output's gradient goes to the first of its window's largest elements. */
function maxPoolGradient(dy: Value, x: Value, a: PoolAttributes): Value {
  const plan = planOf(x, a)
  const first = toChannelsFirst(x, plan)
  const shape = firstShape(plan)
  const [, places] = addNode('MaxPool', [first], windows(plan), [
    { shape, type: 'float32' },
    { shape, type: 'int64' },
  ]) as [Value, Value]
  const gradient = toChannelsFirst(dy, plan)
  const zeros = full([x.size], 0, 'float32')
  const inputs = [zeros, reshape(places, [dy.size, 1]), reshape(gradient, [dy.size])]
  const flat = op('ScatterND', inputs, [x.size], 'float32', { reduction: 'add' })
  return fromChannelsFirst(reshape(flat, first.shape), plan)
}

/** How many elements each window holds, padding not counted: (1, 1, height, width). */
function windowSizes(plan: Plan): Value {
  const lengths = (out: number, stride: number, filter: number, before: number, size: number): Float32Array =>
    Float32Array.from({ length: out }, (_, i) => {
      const begin = i * stride - before
      return Math.min(begin + filter, size) - Math.max(begin, 0)
    })
  const { padInfo } = plan
  const rows = lengths(plan.outHeight, plan.strideHeight, plan.filterHeight, padInfo.top, plan.inHeight)
  const columns = lengths(plan.outWidth, plan.strideWidth, plan.filterWidth, padInfo.left, plan.inWidth)
  const data = Float32Array.from({ length: rows.length * columns.length }, (_, i) => {
    return (rows[Math.floor(i / columns.length)] as number) * (columns[i % columns.length] as number)
  })
  return Value.concrete(data, [1, 1, rows.length, columns.length], 'float32')
}

/** Each output's gradient is spread evenly over its window: a transposed convolution with ones. */
function averagePoolGradient(dy: Value, x: Value, a: PoolAttributes): Value {
  const plan = planOf(x, a)
  const { batchSize, inChannels, inHeight, inWidth, outHeight, outWidth, padInfo } = plan
  const share = div(toChannelsFirst(dy, plan), windowSizes(plan))
  const ones = full([1, 1, plan.filterHeight, plan.filterWidth], 1, 'float32')
  const height = (outHeight - 1) * plan.strideHeight + plan.filterHeight
  const width = (outWidth - 1) * plan.strideWidth + plan.filterWidth
  // Windows need not reach the end of the input.
  const [below, right] = [Math.max(0, padInfo.top + inHeight - height), Math.max(0, padInfo.left + inWidth - width)]
  const images = batchSize * inChannels
  const spread = op(
    'ConvTranspose',
    [reshape(share, [images, 1, outHeight, outWidth]), ones],
    [images, 1, height + below, width + right],
    'float32',
    { strides: [plan.strideHeight, plan.strideWidth], output_padding: [below, right] },
  )
  const cut = slice(spread, [0, 0, padInfo.top, padInfo.left], [images, 1, inHeight, inWidth])
  return fromChannelsFirst(reshape(cut, [batchSize, inChannels, inHeight, inWidth]), plan)
}

export function registerPooling(): void {
  kernel<PoolAttributes>('MaxPool', ({ x }, a) => pool('MaxPool', x as Value, a))
  kernel<PoolAttributes>('AvgPool', ({ x }, a) => pool('AveragePool', x as Value, a))
  kernel<PoolAttributes>('MaxPoolGrad', ({ dy, input }, a) => maxPoolGradient(dy as Value, input as Value, a))
  kernel<PoolAttributes>('AvgPoolGrad', ({ dy, input }, a) => averagePoolGradient(dy as Value, input as Value, a))
  kernel<{ varianceEpsilon?: number }>('FusedBatchNorm', (inputs, { varianceEpsilon = 0.001 }) => {
    const { x, mean, variance, scale, offset } = inputs as Record<'x' | 'mean' | 'variance', Value> & typeof inputs
    const deviation = add(variance, scalar(varianceEpsilon))
    const root = op('Sqrt', [deviation], deviation.shape, 'float32')
    const factor = scale ? div(scale, root) : op('Reciprocal', [root], root.shape, 'float32')
    const scaled = mul(sub(x, mean), factor)
    return offset ? add(scaled, offset) : scaled
  })
}
