/** Operators that move, cut and join. */
import { Value } from '../graph/graph.js'
import { tf } from '../tf.js'
import { addNode } from '../graph/graph.js'
import { pad } from './blocks.js'
import { cast, expand, full, type Inputs, Ints, kernel, listOf, op, reshape, scalar, slice, transpose } from './registry.js'

const ofX = (inputs: Inputs): Value => inputs.x as Value

/** ONNX reads an end beyond the beginning from this number when a slice runs backwards. */
const BEFORE_THE_FIRST = -(2 ** 31)

function concat(values: Value[], axis: number): Value {
  const first = values[0] as Value
  const at = tf.util.parseAxisParam(axis, [...first.shape])[0] as number
  const shapes = values.map(({ shape }) => [...shape])
  tf.backend_util.assertParamsConsistent(shapes, at)
  const shape = tf.backend_util.computeOutShape(shapes, at)
  const parts = values.filter((x) => x.size > 0)
  if (parts.length === 0) return full(shape, 0, first.type as 'float32')
  return parts.length === 1 ? (parts[0] as Value) : op('Concat', parts, shape, first.type, { axis: at })
}

function split(x: Value, sizes: number[], axis: number): Value[] {
  if (sizes.length === 1) return [x]
  const specs = sizes.map((size) => ({ shape: x.shape.map((d, i) => (i === axis ? size : d)), type: x.type }))
  return addNode('Split', [x, new Ints(sizes)], { axis }, specs)
}

function reverse(x: Value, axes: number[]): Value {
  if (axes.length === 0) return x
  const minusOnes = axes.map(() => -1)
  const ends = axes.map(() => BEFORE_THE_FIRST)
  return op('Slice', [x, new Ints(minusOnes), new Ints(ends), new Ints(axes), new Ints(minusOnes)], x.shape, x.type)
}

function withoutAxis(x: Value, axis: number): number[] {
  return x.shape.filter((_, i) => i !== axis)
}

/** 0, 1, … size − 1, computed in the graph. */
export function iota(size: number): Value {
  const limit = op('Squeeze', [new Ints([size])], [], 'int64')
  return cast(op('Range', [scalar(0, 'int64'), limit, scalar(1, 'int64')], [size], 'int64'), 'int32')
}

export function registerShapeKernels(): void {
  kernel<{ dim: number }>('ExpandDims', ({ input }, { dim }) => {
    const { shape } = input as Value
    const at = dim < 0 ? shape.length + 1 + dim : dim
    tf.util.assert(at >= 0 && at <= shape.length, () => `expandDims: the axis ${dim} is not one of ${shape.length + 1}.`)
    return reshape(input as Value, [...shape.slice(0, at), 1, ...shape.slice(at)])
  })
  kernel<{ perm: number[] }>('Transpose', (i, { perm }) => transpose(ofX(i), perm))
  kernel<{ axis: number }>('Concat', (i, { axis }) => concat(listOf(i), axis))
  kernel<{ axis: number }>('Pack', (i, { axis }) => {
    const values = listOf(i)
    const [first] = values as [Value]
    for (const { shape, type } of values) {
      tf.util.assertShapesMatch([...first.shape], [...shape], 'All tensors passed to stack must have matching shapes: ')
      tf.util.assert(type === first.type, () => 'All tensors passed to stack must have matching dtypes')
    }
    const at = axis < 0 ? axis + first.shape.length + 1 : axis
    const parts = values.map((x) => reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]))
    return concat(parts, at)
  })
  kernel<{ axis: number }>('Unpack', ({ value }, { axis }) => {
    const x = value as Value
    const at = axis < 0 ? axis + x.shape.length : axis
    const sizes = Array.from({ length: x.shape[at] as number }, () => 1)
    return split(x, sizes, at).map((part) => reshape(part, withoutAxis(x, at)))
  })
  kernel<{ numOrSizeSplits: number | number[]; axis: number }>('SplitV', (i, { numOrSizeSplits, axis }) => {
    const x = ofX(i)
    const at = tf.util.parseAxisParam(axis, [...x.shape])[0] as number
    return split(x, tf.backend_util.prepareSplitSize({ shape: [...x.shape] } as tf.Tensor, numOrSizeSplits, at), at)
  })
  kernel<{ begin: number | number[]; size: number | number[] }>('Slice', (i, { begin, size }) => {
    const x = ofX(i)
    const shown = { shape: [...x.shape], rank: x.shape.length } as tf.Tensor
    const [starts, sizes] = tf.slice_util.parseSliceParams(shown, begin, size) as [number[], number[]]
    tf.slice_util.assertParamsValid(shown, starts, sizes)
    return slice(x, starts, sizes)
  })
  kernel<StridedSliceAttributes>('StridedSlice', (i, a) => stridedSlice(ofX(i), a))
  kernel<{ reps: number[] }>('Tile', (i, { reps }) => {
    const x = ofX(i)
    return op('Tile', [x, new Ints(reps)], x.shape.map((d, k) => d * (reps[k] as number)), x.type)
  })
  kernel<{ paddings: [number, number][]; constantValue: number }>('PadV2', (i, { paddings, constantValue }) =>
    pad(ofX(i), paddings, constantValue),
  )
  kernel<{ paddings: [number, number][]; mode: 'reflect' | 'symmetric' }>('MirrorPad', (i, { paddings, mode }) =>
    paddings.reduce((x, [before, after], axis) => mirror(x, axis, before, after, mode), ofX(i)),
  )
  kernel('FlipLeftRight', ({ image }) => reverse(image as Value, [2]))
  kernel<{ dims: number[] }>('Reverse', (i, { dims }) => reverse(ofX(i), tf.util.parseAxisParam(dims, [...ofX(i).shape])))
  registerCreation()
}

/** Lengthens one axis by its own mirror image: with the element at the border once (reflect) or twice (symmetric). */
function mirror(x: Value, axis: number, before: number, after: number, mode: 'reflect' | 'symmetric'): Value {
  if (before === 0 && after === 0) return x
  const size = x.shape[axis] as number
  const shape = x.shape.map((d, i) => (i === axis ? before + size + after : d))
  if (mode === 'reflect') {
    const pads = x.shape.map((_, i) => (i === axis ? before : 0)).concat(x.shape.map((_, i) => (i === axis ? after : 0)))
    return op('Pad', [x, new Ints(pads)], shape, x.type, { mode: 'reflect' })
  }
  const at = Int32Array.from({ length: before + size + after }, (_, i) => {
    const place = i - before
    return place < 0 ? -1 - place : place >= size ? 2 * size - 1 - place : place
  })
  return op('Gather', [x, Value.concrete(at, [at.length], 'int32')], shape, x.type, { axis })
}

interface StridedSliceAttributes {
  begin: number[]
  end: number[]
  strides: number[]
  beginMask: number
  endMask: number
  ellipsisMask: number
  newAxisMask: number
  shrinkAxisMask: number
}

function stridedSlice(x: Value, a: StridedSliceAttributes): Value {
  const info = tf.slice_util.sliceInfo(
    [...x.shape], a.begin, a.end, a.strides, a.beginMask, a.endMask, a.ellipsisMask, a.newAxisMask, a.shrinkAxisMask,
  )
  if (info.isIdentity) return reshape(x, info.finalShape)
  // Plus 0: an empty slice is of size −0 there.
  const sizes = tf.slice_util.computeOutShape(info.begin, info.end, info.strides).map((size) => size + 0)
  // Backwards is forwards, then turned round: not every provider slices backwards from within.
  const steps = info.strides.map(Math.abs)
  const spans = sizes.map((size, i) => (size - 1) * (steps[i] as number))
  const backwards = x.shape.map((_, i) => i).filter((i) => (info.strides[i] as number) < 0)
  const begins = info.begin.map((begin, i) => (backwards.includes(i) && sizes[i] !== 0 ? begin - (spans[i] as number) : begin))
  const ends = begins.map((begin, i) => (sizes[i] === 0 ? begin : begin + (spans[i] as number) + 1))
  const axes = new Ints(x.shape.map((_, i) => i))
  const cut = op('Slice', [x, new Ints(begins), new Ints(ends), axes, new Ints(steps)], sizes, x.type)
  return reshape(reverse(cut, backwards), info.finalShape)
}

function registerCreation(): void {
  kernel<{ size: number }>('Iota', (_, { size }) => iota(size))
  kernel<{ start: number; stop: number; step: number; dtype: 'float32' | 'int32' }>('Range', (_, a) => {
    // A step of 1, the default, also counts down.
    const step = a.stop < a.start && a.step === 1 ? -1 : a.step
    const count = Math.max(0, Math.ceil((a.stop - a.start) / step))
    const values = Array.from({ length: count }, (_, i) => a.start + i * step)
    const data = a.dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values)
    return Value.concrete(data, [count], a.dtype)
  })
  kernel<{ start: number; stop: number; num: number }>('LinSpace', (_, { start, stop, num }) => {
    const step = num > 1 ? (stop - start) / (num - 1) : 0
    return Value.concrete(Float32Array.from({ length: num }, (_, i) => start + i * step), [num], 'float32')
  })
  kernel<{ shape: number[] }>('BroadcastTo', (i, { shape }) => expand(ofX(i), shape))
}
