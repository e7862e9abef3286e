/** How windows slide over the two or three spatial axes of images and volumes: what convolution and pooling share. */
import type { Value } from '../graph/graph.js'
import type { tf } from '../tf.js'
import { transpose } from './registry.js'

export type Shape4 = [number, number, number, number]
export type Shape5 = [number, number, number, number, number]

type Info2 = ReturnType<typeof tf.backend_util.computeConv2DInfo>
type Info3 = ReturnType<typeof tf.backend_util.computeConv3DInfo>

/** Lists hold one number per spatial axis. */
export interface Sliding {
  channelsFirst: boolean
  batch: number
  inChannels: number
  outChannels: number
  input: number[]
  output: number[]
  filter: number[]
  strides: number[]
  dilations: number[]
  before: number[]
  after: number[]
}

export function slidingOf(info: Info2 | Info3): Sliding {
  const sliding = 'inDepth' in info ? over3(info) : over2(info)
  return { ...sliding, after: sliding.after.map((after, i) => Math.max(after, overhang(sliding, i))) }
}

function over2(info: Info2): Sliding {
  const { padInfo } = info
  return {
    ...channelsOf(info),
    input: [info.inHeight, info.inWidth],
    output: [info.outHeight, info.outWidth],
    filter: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    before: [padInfo.top, padInfo.left],
    after: [padInfo.bottom, padInfo.right],
  }
}

function over3(info: Info3): Sliding {
  const { padInfo } = info
  return {
    ...channelsOf(info),
    input: [info.inDepth, info.inHeight, info.inWidth],
    output: [info.outDepth, info.outHeight, info.outWidth],
    filter: [info.filterDepth, info.filterHeight, info.filterWidth],
    strides: [info.strideDepth, info.strideHeight, info.strideWidth],
    dilations: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
    before: [padInfo.front, padInfo.top, padInfo.left],
    after: [padInfo.back, padInfo.bottom, padInfo.right],
  }
}

function channelsOf({ dataFormat, batchSize, inChannels, outChannels }: Info2 | Info3) {
  return { channelsFirst: dataFormat === 'channelsFirst', batch: batchSize, inChannels, outChannels }
}

/** How far the last window reaches beyond the input: more than the padding where sizes were rounded up. */
function overhang(s: Sliding, axis: number): number {
  return reach(s, axis) - (s.input[axis] as number) - (s.before[axis] as number)
}

/** The length from the first window's beginning to the last one's end. */
export function reach({ output, strides, filter, dilations }: Sliding, axis: number): number {
  const [out, stride] = [output[axis] as number, strides[axis] as number]
  return (out - 1) * stride + ((filter[axis] as number) - 1) * (dilations[axis] as number) + 1
}

export function pads({ before, after }: Sliding): number[] {
  return [...before, ...after]
}

/** The result's shape in ONNX's layout, channels first. */
export function outputShape({ batch, outChannels, output }: Sliding): number[] {
  return [batch, outChannels, ...output]
}

/** From ONNX's layout to that of the tensors. */
export function fromChannelsFirst(x: Value, { channelsFirst }: Sliding): Value {
  return channelsFirst ? x : transpose(x, [0, ...x.shape.slice(2).map((_, i) => i + 2), 1])
}

/** From the layout of the tensors to ONNX's. */
export function toChannelsFirst(x: Value, { channelsFirst }: Sliding): Value {
  return channelsFirst ? x : transpose(x, [0, x.shape.length - 1, ...x.shape.slice(2).map((_, i) => i + 1)])
}
