/** Convolutions: TF.js mostly keeps channels last, ONNX first, so each is one operator between transposes. */
import type { Value } from '../graph/graph.js'
import { tf } from '../tf.js'
import { add, type Inputs, kernel, op, reshape, slice, transpose } from './registry.js'
import { activate, type Activation } from './matmul.js'

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
  const plan = tf.backend_util.computeConv2DInfo(
    input as Shape4, filter as Shape4, a.strides, a.dilations ?? 1, a.pad, a.dimRoundingMode, depthwise,
    tf.backend_util.convertConv2DDataFormat(a.dataFormat ?? 'NHWC'),
  )
  if (typeof a.pad === 'number' && (plan.strideHeight !== plan.strideWidth || plan.filterHeight !== plan.filterWidth)) {
    // TF.js computes the width of the result from the height of the filter and its stride.
    throw new Error("A convolution whose filter or strides are not square needs pad 'same', 'valid' or explicit paddings, got a number.")
  }
  return plan
}

export type Plan = ReturnType<typeof planOf>

export function pads({ padInfo }: Plan): number[] {
  return [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right]
}

export type Layout = Pick<Plan, 'dataFormat'>

/** From ONNX's layout to that of the tensors. */
export function fromChannelsFirst(x: Value, { dataFormat }: Layout): Value {
  return dataFormat === 'channelsFirst' ? x : transpose(x, TO_CHANNELS_LAST)
}

/** From the layout of the tensors to ONNX's. */
export function toChannelsFirst(x: Value, { dataFormat }: Layout): Value {
  return dataFormat === 'channelsFirst' ? x : transpose(x, TO_CHANNELS_FIRST)
}

export function firstShape({ batchSize, outChannels, outHeight, outWidth }: Plan): number[] {
  return [batchSize, outChannels, outHeight, outWidth]
}

function convolve(x: Value, filter: Value, plan: Plan, group = 1): Value {
  const attributes = {
    strides: [plan.strideHeight, plan.strideWidth],
    dilations: [plan.dilationHeight, plan.dilationWidth],
    pads: pads(plan),
    group,
  }
  return fromChannelsFirst(op('Conv', [toChannelsFirst(x, plan), filter], firstShape(plan), 'float32', attributes), plan)
}

function conv2d(x: Value, filter: Value, a: ConvolutionAttributes): Value {
  const plan = planOf(x.shape, filter.shape, a)
  const group = plan.inChannels / (filter.shape[2] as number)
  return convolve(x, transpose(filter, FILTER_TO_ONNX), plan, group)
}

/** Gradient with respect to the input: the transposed convolution of the output's gradient. */
function inputGradient(dy: Value, filter: Value, plan: Plan, group = 1): Value {
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
    group,
  }
  const shape = [plan.batchSize, plan.inChannels, inHeight, inWidth]
  return fromChannelsFirst(op('ConvTranspose', [toChannelsFirst(dy, plan), filter], shape, 'float32', attributes), plan)
}

/**
 * Gradient with respect to the filter: a convolution in which channels play the batch, the output's gradient plays
 * the filter, and strides and dilations change places. Depthwise, each channel is a group of its own.
 */
function filterGradient(x: Value, dy: Value, plan: Plan, depthwise = false): Value {
  const channelsBefore = (value: Value) => transpose(toChannelsFirst(value, plan), [1, 0, 2, 3])
  const { batchSize, inChannels, outChannels } = plan
  const input = depthwise
    ? reshape(channelsBefore(x), [1, inChannels * batchSize, plan.inHeight, plan.inWidth])
    : channelsBefore(x)
  const gradient = channelsBefore(dy)
  const { padInfo } = plan
  const reach = (size: number, padding: number, out: number, stride: number, dilation: number) =>
    Math.floor((size + padding - ((out - 1) * stride + 1)) / dilation) + 1
  const height = reach(plan.inHeight, padInfo.top + padInfo.bottom, plan.outHeight, plan.strideHeight, plan.dilationHeight)
  const width = reach(plan.inWidth, padInfo.left + padInfo.right, plan.outWidth, plan.strideWidth, plan.dilationWidth)
  const attributes = {
    strides: [plan.dilationHeight, plan.dilationWidth],
    dilations: [plan.strideHeight, plan.strideWidth],
    pads: pads(plan),
    group: depthwise ? inChannels : 1,
  }
  const rows = depthwise ? 1 : inChannels
  const full = op('Conv', [input, gradient], [rows, outChannels, height, width], 'float32', attributes)
  const cut = slice(full, [0, 0, 0, 0], [rows, outChannels, plan.filterHeight, plan.filterWidth])
  const shape = [inChannels, depthwise ? outChannels / inChannels : outChannels, plan.filterHeight, plan.filterWidth]
  return transpose(reshape(cut, shape), [2, 3, 0, 1])
}

/** A depthwise filter (height, width, channels, multiplier) as ONNX's of that many groups. */
function depthwiseFilter(filter: Value): Value {
  const [height, width, channels, multiplier] = filter.shape as Shape4
  return reshape(transpose(filter, [2, 3, 0, 1]), [channels * multiplier, 1, height, width])
}

function depthwise(x: Value, filter: Value, a: ConvolutionAttributes): Value {
  const plan = planOf(x.shape, filter.shape, a, true)
  return convolve(x, depthwiseFilter(filter), plan, plan.inChannels)
}

/** Bias and activation after a convolution: those of one number per channel lie along the channels. */
function finish(product: Value, inputs: Inputs, a: ConvolutionAttributes & Activation): Value {
  const perChannel = (value: Value): Value =>
    a.dataFormat === 'NCHW' && value.shape.length === 1 && value.size > 1 ? reshape(value, [value.size, 1, 1]) : value
  const sum = inputs.bias ? add(product, perChannel(inputs.bias)) : product
  const weights = inputs.preluActivationWeights
  return activate(sum, a, weights ? { ...inputs, preluActivationWeights: perChannel(weights) } : inputs)
}

export function registerConvolutions(): void {
  kernel<ConvolutionAttributes>('Conv2D', ({ x, filter }, a) => conv2d(x as Value, filter as Value, a))
  kernel<ConvolutionAttributes & Activation>('FusedConv2D', (inputs, a) =>
    finish(conv2d(inputs.x as Value, inputs.filter as Value, a), inputs, a),
  )
  kernel<ConvolutionAttributes & { inputShape: number[] }>('Conv2DBackpropInput', ({ dy, filter }, a) =>
    inputGradient(dy as Value, transpose(filter as Value, FILTER_TO_ONNX), planOf(a.inputShape, (filter as Value).shape, a)),
  )
  kernel<ConvolutionAttributes & { filterShape: number[] }>('Conv2DBackpropFilter', ({ x, dy }, a) =>
    filterGradient(x as Value, dy as Value, planOf((x as Value).shape, a.filterShape, a)),
  )
  kernel<ConvolutionAttributes>('DepthwiseConv2dNative', ({ x, filter }, a) => depthwise(x as Value, filter as Value, a))
  kernel<ConvolutionAttributes & Activation>('FusedDepthwiseConv2D', (inputs, a) =>
    finish(depthwise(inputs.x as Value, inputs.filter as Value, a), inputs, a),
  )
  kernel<ConvolutionAttributes & { inputShape: number[] }>('DepthwiseConv2dNativeBackpropInput', ({ dy, filter }, a) => {
    const plan = planOf(a.inputShape, (filter as Value).shape, a, true)
    return inputGradient(dy as Value, depthwiseFilter(filter as Value), plan, plan.inChannels)
  })
  kernel<ConvolutionAttributes & { filterShape: number[] }>('DepthwiseConv2dNativeBackpropFilter', ({ x, dy }, a) =>
    filterGradient(x as Value, dy as Value, planOf((x as Value).shape, a.filterShape, a, true), true),
  )
}
