/** Operators that read and write at indices. */
import { addNode, type ElementType, type Value } from '../graph/graph.js'
import { tf } from '../tf.js'
import { cast, expand, full, Ints, kernel, op, reshape, scalar, transpose } from './registry.js'
import { where } from './elementwise.js'
import { iota } from './shape.js'

function gather(x: Value, indices: Value, axis: number, batch: number): Value {
  const { outputShape } = tf.backend_util.segment_util.collectGatherOpShapeInfo(shown(x), shown(indices), axis, batch)
  const batchDims = batch < 0 ? batch + indices.shape.length : batch
  checkRange(indices, x.shape[axis] as number)
  if (batchDims === 0) {
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]
    return op('Gather', [x, indices], shape, x.type, { axis })
  }
  // Elements of the last axis, all others being the batch's.
  if (x.shape.length === batchDims + 1 && indices.shape.length === batchDims + 1) {
    return op('GatherElements', [x, indices], indices.shape, x.type, { axis: batchDims })
  }
  // GatherND gathers on the first axis after the batch: the axis goes there, and what it passed comes back.
  const axes = x.shape.map((_, i) => i)
  const [before, between, after] = [axes.slice(0, batchDims), axes.slice(batchDims, axis), axes.slice(axis + 1)]
  const source = transpose(x, [...before, axis, ...between, ...after])
  const shape = [...indices.shape, ...source.shape.slice(batchDims + 1)]
  const last = cast(reshape(indices, [...indices.shape, 1]), 'int64')
  const gathered = op('GatherND', [source, last], shape, x.type, { batch_dims: batchDims })
  const chosen = indices.shape.length - batchDims
  const order = [...before, ...between.map((i) => i + chosen), ...indices.shape.slice(batchDims).map((_, i) => batchDims + i)]
  return transpose(gathered, outputShape.map((_, i) => order[i] ?? i))
}

/** Indices that are known are checked at the call; others fail, or count from the end, when they are computed. */
function checkRange({ data }: Value, size: number): void {
  const index = (data as Int32Array | undefined)?.find((i) => i < 0 || i >= size)
  tf.util.assert(index === undefined, () => `GatherV2: the index value ${index} is not in [0, ${size - 1}]`)
}

/** A value as TF.js's shape functions read tensors. */
function shown(x: Value): tf.Tensor {
  return { shape: [...x.shape], rank: x.shape.length, size: x.size, dtype: x.type } as object as tf.Tensor
}

interface Scatter {
  indices: Value
  updates: Value
}

/** Indices as (updates, depth) and updates as (updates, …rest): TF.js accepts fewer axes. */
function scatterOperands(indices: Value, updates: Value, shape: readonly number[]): Scatter {
  const { sliceRank, numUpdates } = tf.backend_util.calculateShapes(shown(updates), shown(indices), [...shape])
  return {
    indices: cast(reshape(indices, [numUpdates, sliceRank]), 'int64'),
    updates: reshape(updates, [numUpdates, ...shape.slice(sliceRank)]),
  }
}

/** Zeros of `shape` to which `updates` are added at `indices` (…, K). */
function scatterAdd({ indices, updates }: Scatter, shape: number[]): Value {
  const zeros = full(shape, 0, updates.type as 'float32')
  return op('ScatterND', [zeros, indices, updates], shape, updates.type, { reduction: 'add' })
}

/** The sums of the rows of `x` (N…, …) with equal ids; ids that are no segment's are left out, as in TF.js. */
export function segmentSum(x: Value, ids: Value, segments: number): Value {
  const rest = x.shape.slice(ids.shape.length)
  const flatIds = reshape(ids, [ids.size, 1])
  const inRange = op('Equal', [op('Clip', [flatIds, scalar(0, 'int32'), scalar(segments - 1, 'int32')], flatIds.shape, 'int32'), flatIds], flatIds.shape, 'bool')
  const rows = reshape(x, [ids.size, ...rest])
  const mask = reshape(inRange, [ids.size, ...rest.map(() => 1)])
  const kept = op('Where', [mask, rows, scalar(0, x.type as 'float32')], rows.shape, x.type)
  const safe = op('Where', [inRange, flatIds, scalar(0, 'int32')], flatIds.shape, 'int32')
  return scatterAdd({ indices: cast(safe, 'int64'), updates: kept }, [segments, ...rest])
}

/** Zeros of shape (…s, …s) with x, of shape (…s), on the diagonal. */
function diagonal(x: Value): Value {
  const onDiagonal = op('Equal', [reshape(iota(x.size), [x.size, 1]), iota(x.size)], [x.size, x.size], 'bool')
  return reshape(where(onDiagonal, reshape(x, [x.size]), scalar(0, x.type as 'float32')), [...x.shape, ...x.shape])
}

/** `otherwise` everywhere but at `indices`, where `values` are: one each, or one for all. */
function sparseToDense(indices: Value, values: Value, otherwise: Value, shape: number[]): Value {
  const count = indices.shape.length === 0 ? 1 : (indices.shape[0] as number)
  const scatter = scatterOperands(indices, values.shape.length === 0 ? expand(values, [count]) : values, shape)
  return op('ScatterND', [expand(otherwise, shape), scatter.indices, scatter.updates], shape, values.type)
}

export function registerIndexing(): void {
  kernel<{ axis: number; batchDims: number }>('GatherV2', ({ x, indices }, { axis, batchDims }) => {
    const at = tf.util.parseAxisParam(axis, [...(x as Value).shape])[0] as number
    return gather(x as Value, cast(indices as Value, 'int32'), at, batchDims)
  })
  kernel('GatherNd', ({ params, indices }) => {
    const [source, at] = [params as Value, indices as Value]
    tf.gather_util.prepareAndValidate(shown(source), shown(at))
    const depth = at.shape.at(-1) as number
    const shape = [...at.shape.slice(0, -1), ...source.shape.slice(depth)]
    return op('GatherND', [source, cast(at, 'int64')], shape, source.type)
  })
  kernel<{ shape: number[] }>('ScatterNd', ({ indices, updates }, { shape }) =>
    scatterAdd(scatterOperands(indices as Value, updates as Value, shape), shape),
  )
  kernel('TensorScatterUpdate', ({ tensor, indices, updates }) => {
    const { shape, type } = tensor as Value
    const scatter = scatterOperands(indices as Value, updates as Value, shape)
    return op('ScatterND', [tensor, scatter.indices, scatter.updates], shape, type)
  })
  kernel('Diag', ({ x }) => diagonal(x as Value))
  kernel<{ outputShape: number[] }>('SparseToDense', (inputs, { outputShape }) =>
    sparseToDense(inputs.sparseIndices as Value, inputs.sparseValues as Value, inputs.defaultValue as Value, outputShape),
  )
  kernel<{ numSegments: number }>('UnsortedSegmentSum', ({ x, segmentIds }, { numSegments }) =>
    segmentSum(x as Value, segmentIds as Value, numSegments),
  )
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
  kernel<{ k: number }>('TopK', (i, { k }) => {
    const x = i.x as Value
    const shape = [...x.shape.slice(0, -1), k]
    const [values, indices] = addNode('TopK', [x, new Ints([k])], { sorted: 1 }, [
      { shape, type: x.type },
      { shape, type: 'int64' },
    ]) as [Value, Value]
    return [values, cast(indices, 'int32')]
  })
}

