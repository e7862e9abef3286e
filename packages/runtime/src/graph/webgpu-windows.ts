/**
 * Convolution and pooling where ONNX Runtime's WebGPU provider computes something else or nothing: with other paddings
 * before than after (it takes those before for both), transposed over groups or volumes, and the places of maxima.
 */
import { addNode, type Attribute, type Input, Ints, type Node, Value } from './graph.js'
import { becomes } from './webgpu-operators.js'

/** Below every number of a shader, which may assume that there are no infinities. */
const LOWEST = -3.4028234663852886e38

function emit(op: string, inputs: readonly Input[], { shape, type }: Pick<Value, 'shape' | 'type'>, attributes: Readonly<Record<string, Attribute>> = {}): Value {
  return addNode(op, inputs, attributes, [{ shape, type }])[0] as Value
}

/** The paddings of a node's windows, if they differ before and after. */
function unevenPads({ attributes }: Node): { before: number[]; after: number[] } | undefined {
  const { pads } = attributes
  if (!Array.isArray(pads)) return undefined
  const [before, after] = [pads.slice(0, pads.length / 2), pads.slice(pads.length / 2)] as [number[], number[]]
  return before.every((size, i) => size === after[i]) ? undefined : { before, after }
}

function pad(x: Value, before: readonly number[], after: readonly number[], value: number): Value {
  const shape = x.shape.map((size, i) => (i < 2 ? size : size + (before[i - 2] as number) + (after[i - 2] as number)))
  const filling = Value.concrete(Float32Array.of(value), [], 'float32')
  return emit('Pad', [x, new Ints([0, 0, ...before, 0, 0, ...after]), filling], { shape, type: x.type }, { mode: 'constant' })
}

/**
 * x lengthened or cut so that the paddings that remain to be added are even. Zeros are joined to it, as ONNX Runtime
 * makes a Pad before a convolution part of the convolution, uneven again.
 */
function evened(x: Value, before: readonly number[], after: readonly number[]): { value: Value; pads: number[] } {
  const pads = before.map((size, i) => Math.max(0, Math.min(size, after[i] as number)))
  const image = x.shape.slice(2)
  const begins = before.map((size) => Math.max(0, -size))
  const ends = image.map((size, i) => size + Math.min(0, after[i] as number))
  const kept = ends.map((end, i) => end - (begins[i] as number))
  let value = x
  if (kept.some((size, i) => size !== image[i])) {
    value = emit('Slice', [x, new Ints(begins), new Ints(ends), spatial(image)], { shape: [...x.shape.slice(0, 2), ...kept], type: x.type })
  }
  pads.forEach((even, i) => {
    for (const [size, atEnd] of [[before[i] as number, false], [after[i] as number, true]] as const) {
      if (size > even) value = joinZeros(value, i + 2, size - even, atEnd)
    }
  })
  return { value, pads: [...pads, ...pads] }
}

function joinZeros(x: Value, axis: number, count: number, atEnd: boolean): Value {
  const { shape, type } = x
  const ofLength = (length: number) => shape.map((d, i) => (i === axis ? length : d))
  const zero = Value.concrete(Float32Array.of(0), [], 'float32')
  const zeros = emit('Expand', [zero, new Ints(ofLength(count))], { shape: ofLength(count), type })
  return emit('Concat', atEnd ? [x, zeros] : [zeros, x], { shape: ofLength((shape[axis] as number) + count), type }, { axis })
}

export function convolution(node: Node): Value | undefined {
  const uneven = unevenPads(node)
  if (!uneven) return undefined
  const [x, ...rest] = node.inputs as [Value, ...Input[]]
  const { value, pads } = evened(x, uneven.before, uneven.after)
  return emit('Conv', [value, ...rest], node.outputs[0] as Value, { ...node.attributes, pads })
}

/**
 * The same numbers by a convolution: zeros between the elements make up for the strides, the filter is turned round and
 * its channels change places. The provider transposes no volumes, and groups and uneven paddings wrongly.
 */
export function transposedConvolution(node: Node): Value | undefined {
  const [x, filter, ...rest] = node.inputs as [Value, Value, ...Input[]]
  const { group, strides, dilations, pads } = node.attributes as { group?: number; strides: number[]; dilations?: number[]; pads?: number[] }
  const result = node.outputs[0] as Value
  const image = x.shape.slice(2)
  if (image.length < 3 && (group ?? 1) === 1 && !unevenPads(node)) return undefined
  const spread = image.reduce((value, _, axis) => insertZeros(value, axis + 2, strides[axis] as number), x)
  const spans = image.map((_, i) => (dilations?.[i] ?? 1) * ((filter.shape[i + 2] as number) - 1))
  const before = spans.map((span, i) => span - (pads?.[i] ?? 0))
  const after = spans.map((span, i) => (result.shape[i + 2] as number) + span - (before[i] as number) - (spread.shape[i + 2] as number))
  const even = evened(spread, before, after)
  const attributes = { group: group ?? 1, pads: even.pads, ...(dilations ? { dilations } : {}) }
  return emit('Conv', [even.value, turned(filter, group ?? 1), ...rest], result, attributes)
}

function spatial(image: readonly number[]): Ints {
  return new Ints(image.map((_, i) => i + 2))
}

/** Each element followed by `stride` − 1 zeros along an axis. */
function insertZeros(x: Value, axis: number, stride: number): Value {
  if (stride === 1) return x
  const { shape, type } = x
  const [before, length, after] = [shape.slice(0, axis), shape[axis] as number, shape.slice(axis + 1)]
  const apart = [...before, length, 1, ...after]
  const wide = [...before, length, stride, ...after]
  const single = emit('Reshape', [x, new Ints(apart)], { shape: apart, type })
  const zeros = [...apart.map(() => 0), ...apart.map((_, i) => (i === axis + 1 ? stride - 1 : 0))]
  const padded = emit('Pad', [single, new Ints(zeros)], { shape: wide, type }, { mode: 'constant' })
  const spread = [...before, length * stride, ...after]
  return emit('Reshape', [padded, new Ints(spread)], { shape: spread, type })
}

/** A filter (in, out per group, …window) as (out, in per group, …window) with its window turned round. */
function turned(filter: Value, group: number): Value {
  const { type } = filter
  const [inputs, outputs, ...window] = filter.shape as [number, number, ...number[]]
  const reshaped = (value: Value, shape: number[]) => emit('Reshape', [value, new Ints(shape)], { shape, type })
  const grouped = reshaped(filter, [group, inputs / group, outputs, ...window])
  const perm = [0, 2, 1, ...window.map((_, i) => i + 3)]
  const swapped = emit('Transpose', [grouped], { shape: perm.map((axis) => grouped.shape[axis] as number), type }, { perm })
  const ordered = reshaped(swapped, [group * outputs, inputs / group, ...window])
  const backwards = new Ints(window.map(() => -1))
  const ends = new Ints(window.map(() => -(2 ** 31)))
  return emit('Slice', [ordered, backwards, ends, spatial(window), backwards], ordered)
}

/** Maximum pooling with the places of the largest: a running maximum over the places in the window, the first winning. */
export function poolingWithPlaces(node: Node): Value | undefined {
  const [largest, places] = node.outputs as [Value, Value | undefined]
  if (!places) return undefined
  const [x] = node.inputs as [Value]
  const { kernel_shape: window, strides, pads } = node.attributes as Record<'kernel_shape' | 'strides' | 'pads', number[]>
  const [batch, channels, ...image] = x.shape as [number, number, ...number[]]
  const output = largest.shape.slice(2)
  const before = pads.slice(0, image.length)
  const padded = pad(x, before, pads.slice(image.length), LOWEST)
  const axes = spatial(image)
  let best: Value | undefined
  let at: Value | undefined
  for (const offset of positions(window)) {
    const ends = offset.map((size, i) => size + (output[i] as number) * (strides[i] as number))
    const seen = emit('Slice', [padded, new Ints(offset), new Ints(ends), axes, new Ints(strides)], largest)
    const origins = positions(output).map((place) =>
      place.reduce((index, step, i) => index * (image[i] as number) + step * (strides[i] as number) + (offset[i] as number) - (before[i] as number), 0),
    )
    const origin = Value.concrete(Int32Array.from(origins), [1, 1, ...output], 'int32')
    const shape = { shape: largest.shape, type: 'int32' } as const
    const better = best && emit('Greater', [seen, best], { shape: largest.shape, type: 'bool' })
    at = at && better ? emit('Where', [better, origin, at], shape) : emit('Expand', [origin, new Ints(largest.shape)], shape)
    best = best && better ? emit('Where', [better, seen, best], largest) : seen
  }
  const pixels = image.reduce((a, b) => a * b, 1)
  const firsts = Int32Array.from({ length: batch * channels }, (_, i) => i * pixels)
  const first = Value.concrete(firsts, [batch, channels, ...image.map(() => 1)], 'int32')
  const index = emit('Add', [at as Value, first], { shape: largest.shape, type: 'int32' })
  becomes(places, emit('Cast', [index], places, { to: INT64 }))
  return best
}

/** ONNX's number for the type. */
const INT64 = 7

/** Every position in a box of these sizes, the last axis fastest. */
function positions(sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>((all, size) => all.flatMap((one) => Array.from({ length: size }, (_, i) => [...one, i])), [[]])
}
