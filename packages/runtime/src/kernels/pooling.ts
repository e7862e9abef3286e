/** Pooling over windows of images and volumes, with its gradients. */
import { addNode, Value } from '../graph/graph.js'
import { tf } from '../tf.js'
import { pad } from './blocks.js'
import { where } from './elementwise.js'
import { add, cast, div, full, kernel, mul, op, reshape, sameShape, scalar, slice } from './registry.js'
import { fromChannelsFirst, outputShape, pads, type Shape4, type Shape5, type Sliding, slidingOf, toChannelsFirst } from './spatial.js'

interface PoolAttributes {
  filterSize: [number, number] | number
  strides: [number, number] | number
  pad: 'valid' | 'same' | number
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

interface VolumePoolAttributes {
  filterSize: [number, number, number] | number
  strides: [number, number, number] | number
  pad: 'valid' | 'same' | number
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
  dataFormat?: 'NDHWC' | 'NCDHW'
}

function planOf(x: Value, a: PoolAttributes): Sliding {
  const info = tf.backend_util.computePool2DInfo(x.shape as Shape4, a.filterSize, a.strides, 1, a.pad, a.dimRoundingMode)
  return slidingOf(info)
}

function volumePlanOf(x: Value, a: VolumePoolAttributes): Sliding {
  const { filterSize, strides, pad, dimRoundingMode, dataFormat } = a
  return slidingOf(tf.backend_util.computePool3DInfo(x.shape as Shape5, filterSize, strides, 1, pad, dimRoundingMode, dataFormat))
}

function windows(plan: Sliding) {
  return { kernel_shape: plan.filter, strides: plan.strides, pads: pads(plan) }
}

function pool(onnx: 'MaxPool' | 'AveragePool', x: Value, plan: Sliding): Value {
  // As in TF.js, also where strides and padding happen to keep the shape.
  if (plan.filter.every((size) => size === 1) && sameShape(plan.input, plan.output)) return x
  const [first, shape] = [toChannelsFirst(x, plan), outputShape(plan)]
  if (isOrdinary(plan)) return fromChannelsFirst(op(onnx, [first], shape, 'float32', windows(plan)), plan)
  const { filter, strides, before, after } = plan
  const paddings = first.shape.map((_, i): [number, number] => (i < 2 ? [0, 0] : [before[i - 2] as number, after[i - 2] as number]))
  const padded = pad(first, paddings, onnx === 'MaxPool' ? -Infinity : 0)
  const pooled = op(onnx, [padded], shape, 'float32', { kernel_shape: filter, strides })
  const area = filter.reduce((a, b) => a * b, 1)
  return fromChannelsFirst(onnx === 'MaxPool' ? pooled : div(mul(pooled, scalar(area)), windowSizes(plan)), plan)
}

/** ONNX Runtime takes no padding as wide as the window. */
function isOrdinary({ filter, before, after }: Sliding): boolean {
  return filter.every((size, i) => (before[i] as number) < size && (after[i] as number) < size)
}

/** The largest elements of windows and their places, counted over x with channels first. */
function maxPoolWithPlaces(x: Value, plan: Sliding): [Value, Value] {
  const { filter, before, after } = plan
  tf.util.assert(isOrdinary(plan), () =>
    `Maximum pooling with a gradient or indices: windows of [${filter}] must be longer than the padding [${before}], [${after}].`,
  )
  const shape = outputShape(plan)
  const outputs = [
    { shape, type: 'float32' },
    { shape, type: 'int64' },
  ] as const
  return addNode('MaxPool', [toChannelsFirst(x, plan)], windows(plan), outputs) as [Value, Value]
}

/** Each output's gradient goes to the first of its window's largest elements. */
function maxPoolGradient(dy: Value, x: Value, plan: Sliding): Value {
  const [, places] = maxPoolWithPlaces(x, plan)
  const zeros = full([x.size], 0, 'float32')
  const inputs = [zeros, reshape(places, [dy.size, 1]), reshape(toChannelsFirst(dy, plan), [dy.size])]
  const flat = op('ScatterND', inputs, [x.size], 'float32', { reduction: 'add' })
  return fromChannelsFirst(reshape(flat, [plan.batch, plan.inChannels, ...plan.input]), plan)
}

/** The largest elements and their places as TF.js counts them: over (height, width, channels), or the batch, too. */
function maxPoolWithArgmax(x: Value, plan: Sliding, withBatch: boolean): Value[] {
  // NaN never wins.
  const [values, places] = maxPoolWithPlaces(where(op('IsNaN', [x], x.shape, 'bool'), scalar(-Infinity), x), plan)
  const [image, channels] = [plan.input.reduce((a, b) => a * b, 1), plan.inChannels]
  const whole = (n: number): Value => scalar(n, 'int64')
  const remainder = (value: Value, n: number): Value => op('Mod', [value, whole(n)], value.shape, 'int64')
  const [channel, pixel] = [remainder(div(places, whole(image)), channels), remainder(places, image)]
  const within = add(mul(pixel, whole(channels)), channel)
  const first = mul(div(places, whole(image * channels)), whole(image * channels))
  const indices = cast(withBatch ? add(within, first) : within, 'int32')
  return [fromChannelsFirst(values, plan), fromChannelsFirst(indices, plan)]
}

/** How many elements each window holds, padding not counted, 1 where there are none: (1, 1, …output). */
function windowSizes({ input, output, filter, strides, before }: Sliding): Value {
  let sizes = Float32Array.of(1)
  output.forEach((count, axis) => {
    const along = Float32Array.from({ length: count }, (_, i) => {
      const begin = i * (strides[axis] as number) - (before[axis] as number)
      return Math.max(1, Math.min(begin + (filter[axis] as number), input[axis] as number) - Math.max(begin, 0))
    })
    sizes = Float32Array.from({ length: sizes.length * count }, (_, i) => {
      return (sizes[Math.floor(i / count)] as number) * (along[i % count] as number)
    })
  })
  return Value.concrete(sizes, [1, 1, ...output], 'float32')
}

/** Each output's gradient is spread evenly over its window: a transposed convolution with ones. */
function averagePoolGradient(dy: Value, plan: Sliding): Value {
  const { batch, inChannels, input, output, filter, strides, before } = plan
  const share = div(toChannelsFirst(dy, plan), windowSizes(plan))
  const ones = full([1, 1, ...filter], 1, 'float32')
  const spans = output.map((count, i) => (count - 1) * (strides[i] as number) + (filter[i] as number))
  // Windows need not reach the end of the input.
  const beyond = input.map((size, i) => Math.max(0, (before[i] as number) + size - (spans[i] as number)))
  const images = batch * inChannels
  const shape = [images, 1, ...spans.map((span, i) => span + (beyond[i] as number))]
  const attributes = { strides, output_padding: beyond }
  const spread = op('ConvTranspose', [reshape(share, [images, 1, ...output]), ones], shape, 'float32', attributes)
  const cut = slice(spread, [0, 0, ...before], [images, 1, ...input])
  return fromChannelsFirst(reshape(cut, [batch, inChannels, ...input]), plan)
}

export function registerPooling(): void {
  kernel<PoolAttributes>('MaxPool', ({ x }, a) => pool('MaxPool', x as Value, planOf(x as Value, a)))
  kernel<PoolAttributes>('AvgPool', ({ x }, a) => pool('AveragePool', x as Value, planOf(x as Value, a)))
  kernel<PoolAttributes>('MaxPoolGrad', ({ dy, input }, a) => maxPoolGradient(dy as Value, input as Value, planOf(input as Value, a)))
  kernel<PoolAttributes>('AvgPoolGrad', ({ dy, input }, a) => averagePoolGradient(dy as Value, planOf(input as Value, a)))
  kernel<PoolAttributes & { includeBatchInIndex: boolean }>('MaxPoolWithArgmax', ({ x }, a) =>
    maxPoolWithArgmax(x as Value, planOf(x as Value, a), a.includeBatchInIndex),
  )
  const volume = (name: string, compute: (x: Value, plan: Sliding) => Value) =>
    kernel<VolumePoolAttributes>(name, ({ x }, a) => compute(x as Value, volumePlanOf(x as Value, a)))
  volume('MaxPool3D', (x, plan) => pool('MaxPool', x, plan))
  volume('AvgPool3D', (x, plan) => pool('AveragePool', x, plan))
  kernel<VolumePoolAttributes>('MaxPool3DGrad', ({ dy, input }, a) =>
    maxPoolGradient(dy as Value, input as Value, volumePlanOf(input as Value, a)),
  )
  kernel<VolumePoolAttributes>('AvgPool3DGrad', ({ dy, input }, a) =>
    averagePoolGradient(dy as Value, volumePlanOf(input as Value, a)),
  )
}
