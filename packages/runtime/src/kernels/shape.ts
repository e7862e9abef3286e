/** Operators that move, cut and join. */
import { type ElementType, Value } from '../graph/graph.js'
import { tf } from '../tf.js'
import { addNode } from '../graph/graph.js'
import { cast, expand, full, type Inputs, Ints, kernel, listOf, op, reshape, scalar, slice, transpose } from './registry.js'

const ofX = (inputs: Inputs): Value => inputs.x as Value

/** ONNX reads an end beyond the beginning from this number when a slice runs backwards. */
const BEFORE_THE_FIRST = -(2 ** 31)

function concat(values: Value[], axis: number): Value {
  const parts = values.filter((x) => x.size > 0)
  const first = (parts[0] ?? values[0]) as Value
  if (parts.length <= 1) return first
  const at = tf.util.parseAxisParam(axis, [...first.shape])[0] as number
  const shape = first.shape.map((d, i) => (i === at ? parts.reduce((sum, x) => sum + (x.shape[at] as number), 0) : d))
  return op('Concat', parts, shape, first.type, { axis: at })
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
function iota(size: number): Value {
  const limit = op('Squeeze', [new Ints([size])], [], 'int64')
  return cast(op('Range', [scalar(0, 'int64'), limit, scalar(1, 'int64')], [size], 'int64'), 'int32')
}

function gather(x: Value, indices: Value, axis: number, batchDims: number): Value {
  if (batchDims === 0) {
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]
    return op('Gather', [x, indices], shape, x.type, { axis })
  }
  if (batchDims !== axis) {
    throw new Error(`gather with batchDims ${batchDims} and axis ${axis} is not supported: transpose so that they are equal.`)
  }
  const shape = [...indices.shape, ...x.shape.slice(axis + 1)]
  const last = cast(reshape(indices, [...indices.shape, 1]), 'int64')
  return op('GatherND', [x, last], shape, x.type, { batch_dims: batchDims })
}

/** Zeros of `shape` to which `updates` are added at `indices` (…, K). */
function scatterAdd(indices: Value, updates: Value, shape: number[]): Value {
  const zeros = full(shape, 0, updates.type as 'float32')
  return op('ScatterND', [zeros, cast(indices, 'int64'), updates], shape, updates.type, { reduction: 'add' })
}

export function registerShapeKernels(): void {
  kernel<{ shape: number[] }>('Reshape', (i, { shape }) => {
    const x = ofX(i)
    return reshape(x, tf.util.inferFromImplicitShape(shape, x.size))
  })
  kernel<{ dim: number }>('ExpandDims', ({ input }, { dim }) => {
    const { shape } = input as Value
    const at = dim < 0 ? shape.length + 1 + dim : dim
    return reshape(input as Value, [...shape.slice(0, at), 1, ...shape.slice(at)])
  })
  kernel<{ perm: number[] }>('Transpose', (i, { perm }) => transpose(ofX(i), perm))
  kernel<{ axis: number }>('Concat', (i, { axis }) => concat(listOf(i), axis))
  kernel<{ axis: number }>('Pack', (i, { axis }) => {
    const parts = listOf(i).map((x) => reshape(x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]))
    return concat(parts, axis)
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
  kernel<{ paddings: [number, number][]; constantValue: number }>('PadV2', (i, { paddings, constantValue }) => {
    const x = ofX(i)
    if (paddings.every(([before, after]) => before === 0 && after === 0)) return x
    const shape = x.shape.map((d, k) => d + (paddings[k]?.[0] as number) + (paddings[k]?.[1] as number))
    const pads = new Ints([...paddings.map((p) => p[0]), ...paddings.map((p) => p[1])])
    return op('Pad', [x, pads, scalar(constantValue, x.type as 'float32')], shape, x.type, { mode: 'constant' })
  })
  kernel<{ dims: number[] }>('Reverse', (i, { dims }) => reverse(ofX(i), tf.util.parseAxisParam(dims, [...ofX(i).shape])))
  registerIndexing()
  registerCreation()
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
  const axes = x.shape.map((_, i) => i)
  const ends = info.end.map((end, i) => ((info.strides[i] as number) < 0 && end < 0 ? BEFORE_THE_FIRST : end))
  const sizes = tf.slice_util.computeOutShape(info.begin, info.end, info.strides)
  const cut = op('Slice', [x, new Ints(info.begin), new Ints(ends), new Ints(axes), new Ints(info.strides)], sizes, x.type)
  return reshape(cut, info.finalShape)
}

function registerIndexing(): void {
  kernel<{ axis: number; batchDims: number }>('GatherV2', ({ x, indices }, { axis, batchDims }) => {
    const at = tf.util.parseAxisParam(axis, [...(x as Value).shape])[0] as number
    return gather(x as Value, cast(indices as Value, 'int32'), at, batchDims)
  })
  kernel('GatherNd', ({ params, indices }) => {
    const [source, at] = [params as Value, indices as Value]
    const depth = at.shape.at(-1) as number
    const shape = [...at.shape.slice(0, -1), ...source.shape.slice(depth)]
    return op('GatherND', [source, cast(at, 'int64')], shape, source.type)
  })
  kernel<{ shape: number[] }>('ScatterNd', ({ indices, updates }, { shape }) =>
    scatterAdd(indices as Value, updates as Value, shape),
  )
  kernel('TensorScatterUpdate', ({ tensor, indices, updates }) => {
    const { shape, type } = tensor as Value
    return op('ScatterND', [tensor, cast(indices as Value, 'int64'), updates], shape, type)
  })
  kernel<{ numSegments: number }>('UnsortedSegmentSum', ({ x, segmentIds }, { numSegments }) => {
    const [values, ids] = [x as Value, segmentIds as Value]
    return scatterAdd(reshape(ids, [...ids.shape, 1]), values, [numSegments, ...values.shape.slice(ids.shape.length)])
  })
  kernel<{ depth: number; onValue: number; offValue: number; dtype: ElementType }>(
    'OneHot',
    ({ indices }, { depth, onValue, offValue, dtype }) => {
      const at = cast(indices as Value, 'int32')
      const shape = [...at.shape, depth]
      const hot = op('Equal', [reshape(at, [...at.shape, 1]), iota(depth)], shape, 'bool')
      if (onValue === 1 && offValue === 0) return cast(hot, dtype)
      const [on, off] = [scalar(onValue, dtype as 'float32'), scalar(offValue, dtype as 'float32')]
      return op('Where', [hot, on, off], shape, dtype)
    },
  )
  kernel<{ k: number; sorted: boolean }>('TopK', (i, { k, sorted }) => {
    const x = ofX(i)
    const shape = [...x.shape.slice(0, -1), k]
    const [values, indices] = addNode('TopK', [x, new Ints([k])], { sorted: sorted ? 1 : 0 }, [
      { shape, type: x.type },
      { shape, type: 'int64' },
    ]) as [Value, Value]
    return [values, cast(indices, 'int32')]
  })
}

function registerCreation(): void {
  kernel<{ shape: number[]; value: number; dtype?: 'float32' | 'int32' | 'bool' }>('Fill', (_, { shape, value, dtype }) =>
    full(shape, value, dtype ?? 'float32'),
  )
  kernel<{ size: number }>('Iota', (_, { size }) => iota(size))
  kernel<{ start: number; stop: number; step: number; dtype: 'float32' | 'int32' }>('Range', (_, a) => {
    const count = Math.max(0, Math.ceil((a.stop - a.start) / a.step))
    const values = Array.from({ length: count }, (_, i) => a.start + i * a.step)
    const data = a.dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values)
    return Value.concrete(data, [count], a.dtype)
  })
  kernel<{ start: number; stop: number; num: number }>('LinSpace', (_, { start, stop, num }) => {
    const step = num > 1 ? (stop - start) / (num - 1) : 0
    return Value.concrete(Float32Array.from({ length: num }, (_, i) => start + i * step), [num], 'float32')
  })
  kernel<{ shape: number[] }>('BroadcastTo', (i, { shape }) => expand(ofX(i), shape))
}
