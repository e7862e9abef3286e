/** Convolutions: TF.js keeps channels last, ONNX first, so each is one operator between transposes. */
import type { Value } from '../graph/graph.js'
import { tf } from '../tf.js'
import { add, kernel, op, reshape, slice, transpose } from './registry.js'
import { activate } from './matmul.js'

interface ConvolutionAttributes {
  strides: [number, number] | number
  pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding
  dataFormat: 'NHWC' | 'NCHW'
  dilations: [number, number] | number
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

type Shape4 = [number, number, number, number]

const TO_CHANNELS_FIRST = [0, 3, 1, 2]
const TO_CHANNELS_LAST = [0, 2, 3, 1]
const FILTER_TO_ONNX = [3, 2, 0, 1]

function planOf(input: readonly number[], filter: readonly number[], a: ConvolutionAttributes, depthwise = false) {
  if (a.dataFormat === 'NCHW') throw new Error("The backend 'onnx' convolves channels-last tensors only: pass dataFormat 'NHWC'.")
  return tf.backend_util.computeConv2DInfo(
    input as Shape4, filter as Shape4, a.strides, a.dilations ?? 1, a.pad, a.dimRoundingMode, depthwise,
  )
}

type Plan = ReturnType<typeof planOf>

function pads({ padInfo }: Plan): number[] {
  return [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right]
}

function channelsLast(x: Value): Value {
  return transpose(x, TO_CHANNELS_LAST)
}

function channelsFirst(x: Value): Value {
  return transpose(x, TO_CHANNELS_FIRST)
}

function firstShape({ batchSize, outChannels, outHeight, outWidth }: Plan): number[] {
  return [batchSize, outChannels, outHeight, outWidth]
}

function convolve(x: Value, filter: Value, plan: Plan, group = 1): Value {
  const attributes = {
    strides: [plan.strideHeight, plan.strideWidth],
    dilations: [plan.dilationHeight, plan.dilationWidth],
    pads: pads(plan),
    group,
  }
  return channelsLast(op('Conv', [channelsFirst(x), filter], firstShape(plan), 'float32', attributes))
}

function conv2d(x: Value, filter: Value, a: ConvolutionAttributes): Value {
  const plan = planOf(x.shape, filter.shape, a)
  const group = plan.inChannels / (filter.shape[2] as number)
  return convolve(x, transpose(filter, FILTER_TO_ONNX), plan, group)
}

/** Gradient with respect to the input: the transposed convolution of the output's gradient. */
function inputGradient(dy: Value, filter: Value, plan: Plan): Value {
  const { inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, padInfo } = plan
  const reached = (out: number, stride: number, kernel: number, dilation: number, padding: number) =>
    (out - 1) * stride + (kernel - 1) * dilation + 1 - padding
  const height = reached(outHeight, plan.strideHeight, filterHeight, plan.dilationHeight, padInfo.top + padInfo.bottom)
  const width = reached(outWidth, plan.strideWidth, filterWidth, plan.dilationWidth, padInfo.left + padInfo.right)
  const attributes = {
    strides: [plan.strideHeight, plan.strideWidth],
    dilations: [plan.dilationHeight, plan.dilationWidth],
    pads: pads(plan),
    output_padding: [inHeight - height, inWidth - width],
  }
  const shape = [plan.batchSize, plan.inChannels, inHeight, inWidth]
  const inputs = [channelsFirst(dy), transpose(filter, FILTER_TO_ONNX)]
  return channelsLast(op('ConvTranspose', inputs, shape, 'float32', attributes))
}

/**
 * Gradient with respect to the filter: a convolution in which channels play the batch, the output's gradient plays
 * the filter, and strides and dilations change places.
 */
function filterGradient(x: Value, dy: Value, plan: Plan): Value {
  const input = transpose(x, [3, 0, 1, 2])
  const gradient = transpose(dy, [3, 0, 1, 2])
  const { padInfo } = plan
  const reach = (size: number, padding: number, out: number, stride: number, dilation: number) =>
    Math.floor((size + padding - ((out - 1) * stride + 1)) / dilation) + 1
  const height = reach(plan.inHeight, padInfo.top + padInfo.bottom, plan.outHeight, plan.strideHeight, plan.dilationHeight)
  const width = reach(plan.inWidth, padInfo.left + padInfo.right, plan.outWidth, plan.strideWidth, plan.dilationWidth)
  const attributes = {
    strides: [plan.dilationHeight, plan.dilationWidth],
    dilations: [plan.strideHeight, plan.strideWidth],
    pads: pads(plan),
  }
  const shape = [plan.inChannels, plan.outChannels, height, width]
  const full = op('Conv', [input, gradient], shape, 'float32', attributes)
  const cut = slice(full, [0, 0, 0, 0], [plan.inChannels, plan.outChannels, plan.filterHeight, plan.filterWidth])
  return transpose(cut, [2, 3, 0, 1])
}

function depthwise(x: Value, filter: Value, a: ConvolutionAttributes): Value {
  const plan = planOf(x.shape, filter.shape, a, true)
  const [height, width, channels, multiplier] = filter.shape as Shape4
  const weights = reshape(transpose(filter, [2, 3, 0, 1]), [channels * multiplier, 1, height, width])
  return convolve(x, weights, plan, channels)
}

interface PoolAttributes {
  filterSize: [number, number] | number
  strides: [number, number] | number
  pad: 'valid' | 'same' | number
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

function pool(onnx: string, x: Value, a: PoolAttributes): Value {
  const plan = tf.backend_util.computePool2DInfo(x.shape as Shape4, a.filterSize, a.strides, 1, a.pad, a.dimRoundingMode)
  const attributes = {
    kernel_shape: [plan.filterHeight, plan.filterWidth],
    strides: [plan.strideHeight, plan.strideWidth],
    pads: pads(plan),
  }
  return channelsLast(op(onnx, [channelsFirst(x)], firstShape(plan), 'float32', attributes))
}

export function registerConvolutions(): void {
  kernel<ConvolutionAttributes>('Conv2D', ({ x, filter }, a) => conv2d(x as Value, filter as Value, a))
  kernel<ConvolutionAttributes & { activation: string }>('FusedConv2D', (inputs, a) => {
    const product = conv2d(inputs.x as Value, inputs.filter as Value, a)
    return activate(inputs.bias ? add(product, inputs.bias) : product, a.activation, inputs)
  })
  kernel<ConvolutionAttributes & { inputShape: number[] }>('Conv2DBackpropInput', ({ dy, filter }, a) =>
    inputGradient(dy as Value, filter as Value, planOf(a.inputShape, (filter as Value).shape, a)),
  )
  kernel<ConvolutionAttributes & { filterShape: number[] }>('Conv2DBackpropFilter', ({ x, dy }, a) =>
    filterGradient(x as Value, dy as Value, planOf((x as Value).shape, a.filterShape, a)),
  )
  kernel<ConvolutionAttributes>('DepthwiseConv2dNative', ({ x, filter }, a) => depthwise(x as Value, filter as Value, a))
  kernel<PoolAttributes>('MaxPool', ({ x }, a) => pool('MaxPool', x as Value, a))
  kernel<PoolAttributes>('AvgPool', ({ x }, a) => pool('AveragePool', x as Value, a))
}
