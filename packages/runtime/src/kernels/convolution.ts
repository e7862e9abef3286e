/** Convolutions: TF.js mostly keeps channels last, ONNX first, so each is one operator between transposes. */
import type { Value } from '../graph/graph.js'
import { tf } from '../tf.js'
import { activate, type Activation } from './matmul.js'
import { add, type Inputs, kernel, op, reshape, slice, transpose } from './registry.js'
import {
  fromChannelsFirst, outputShape, pads, reach, type Shape4, type Shape5, type Sliding, slidingOf, toChannelsFirst,
} from './spatial.js'

interface ConvolutionAttributes {
  strides: [number, number] | number
  pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding
  dataFormat: 'NHWC' | 'NCHW'
  dilations: [number, number] | number
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

interface VolumeAttributes {
  strides: [number, number, number] | number
  pad: 'valid' | 'same' | number
  dataFormat?: 'NDHWC' | 'NCDHW'
  dilations?: [number, number, number] | number
}

function planOf(input: readonly number[], filter: readonly number[], a: ConvolutionAttributes, depthwise = false): Sliding {
  const plan = tf.backend_util.computeConv2DInfo(
    input as Shape4, filter as Shape4, a.strides, a.dilations ?? 1, a.pad, a.dimRoundingMode, depthwise,
    tf.backend_util.convertConv2DDataFormat(a.dataFormat ?? 'NHWC'),
  )
  if (typeof a.pad === 'number' && (plan.strideHeight !== plan.strideWidth || plan.filterHeight !== plan.filterWidth)) {
    // TF.js computes the width of the result from the height of the filter and its stride.
    throw new Error("A convolution whose filter or strides are not square needs pad 'same', 'valid' or explicit paddings, got a number.")
  }
  return slidingOf(plan)
}

function volumePlanOf(input: readonly number[], filter: readonly number[], a: VolumeAttributes): Sliding {
  const format = a.dataFormat === 'NCDHW' ? 'channelsFirst' : 'channelsLast'
  const plan = tf.backend_util.computeConv3DInfo(input as Shape5, filter as Shape5, a.strides, a.dilations ?? 1, a.pad, false, format)
  return slidingOf(plan)
}

/** A filter (…window, in, out) as ONNX's (out, in, …window). */
function filterToOnnx(filter: Value): Value {
  const window = filter.shape.slice(2).map((_, i) => i)
  return transpose(filter, [window.length + 1, window.length, ...window])
}

function convolve(x: Value, filter: Value, plan: Sliding, group = 1): Value {
  const attributes = { strides: plan.strides, dilations: plan.dilations, pads: pads(plan), group }
  return fromChannelsFirst(op('Conv', [toChannelsFirst(x, plan), filter], outputShape(plan), 'float32', attributes), plan)
}

function conv2d(x: Value, filter: Value, a: ConvolutionAttributes): Value {
  const plan = planOf(x.shape, filter.shape, a)
  return convolve(x, filterToOnnx(filter), plan, plan.inChannels / (filter.shape[2] as number))
}

/** Gradient with respect to the input: the transposed convolution of the output's gradient. */
function inputGradient(dy: Value, filter: Value, plan: Sliding, group = 1): Value {
  const { input, before, after, strides, dilations } = plan
  const attributes = {
    strides,
    dilations,
    pads: pads(plan),
    output_padding: input.map((size, i) => size + (before[i] as number) + (after[i] as number) - reach(plan, i)),
    group,
  }
  const shape = [plan.batch, plan.inChannels, ...input]
  // TF.js lets a transposed convolution be given more than its output needs.
  const needed = slice(toChannelsFirst(dy, plan), [0, 0, ...input.map(() => 0)], outputShape(plan))
  return fromChannelsFirst(op('ConvTranspose', [needed, filter], shape, 'float32', attributes), plan)
}

/**
 * Gradient with respect to the filter: a convolution in which channels play the batch, the output's gradient plays
 * the filter, and strides and dilations change places. Depthwise, each channel is a group of its own.
 */
function filterGradient(x: Value, dy: Value, plan: Sliding, depthwise = false): Value {
  const { batch, inChannels, outChannels, input, output, filter, strides, dilations, before, after } = plan
  const channelsBefore = (value: Value) => transpose(toChannelsFirst(value, plan), [1, 0, ...input.map((_, i) => i + 2)])
  const source = depthwise ? reshape(channelsBefore(x), [1, inChannels * batch, ...input]) : channelsBefore(x)
  const gradient = channelsBefore(dy)
  const sizes = input.map((size, i) => {
    const padded = size + (before[i] as number) + (after[i] as number)
    const reached = ((output[i] as number) - 1) * (strides[i] as number) + 1
    return Math.floor((padded - reached) / (dilations[i] as number)) + 1
  })
  const attributes = { strides: dilations, dilations: strides, pads: pads(plan), group: depthwise ? inChannels : 1 }
  const rows = depthwise ? 1 : inChannels
  const full = op('Conv', [source, gradient], [rows, outChannels, ...sizes], 'float32', attributes)
  const cut = slice(full, [0, 0, ...input.map(() => 0)], [rows, outChannels, ...filter])
  const shape = [inChannels, depthwise ? outChannels / inChannels : outChannels, ...filter]
  return transpose(reshape(cut, shape), [...input.map((_, i) => i + 2), 0, 1])
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
    inputGradient(dy as Value, filterToOnnx(filter as Value), planOf(a.inputShape, (filter as Value).shape, a)),
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
  kernel<VolumeAttributes>('Conv3D', ({ x, filter }, a) =>
    convolve(x as Value, filterToOnnx(filter as Value), volumePlanOf((x as Value).shape, (filter as Value).shape, a)),
  )
  kernel<VolumeAttributes & { inputShape: number[] }>('Conv3DBackpropInputV2', ({ dy, filter }, a) =>
    inputGradient(dy as Value, filterToOnnx(filter as Value), volumePlanOf(a.inputShape, (filter as Value).shape, a)),
  )
  kernel<VolumeAttributes & { filterShape: number[] }>('Conv3DBackpropFilterV2', ({ x, dy }, a) =>
    filterGradient(x as Value, dy as Value, volumePlanOf((x as Value).shape, a.filterShape, a)),
  )
}
