/** Reductions, softmax and cumulative sums. */
import type { ElementType, Value } from '../graph/graph.js'
import { tf } from '../tf.js'
import { pad } from './blocks.js'
import { number } from './elementwise.js'
import { cast, type Inputs, Ints, kernel, mul, op, scalar, slice } from './registry.js'

interface ReductionAttributes {
  axis: number | number[]
  keepDims: boolean
}

function reduce(onnx: string, x: Value, { axis, keepDims }: ReductionAttributes): Value {
  const axes = tf.util.parseAxisParam(axis, [...x.shape])
  if (axes.length === 0) return x
  const shape = keepDims
    ? x.shape.map((d, i) => (axes.includes(i) ? 1 : d))
    : x.shape.filter((_, i) => !axes.includes(i))
  return op(onnx, [x, new Ints(axes)], shape, x.type, { keepdims: keepDims ? 1 : 0 })
}

/** Index of the extreme along an axis, the first where several are equal. */
function argument(onnx: string, input: Value, axis: number, worst: number): Value {
  const x = comparable(input, worst)
  const [at] = tf.util.parseAxisParam(axis, [...x.shape]) as [number]
  const shape = x.shape.filter((_, i) => i !== at)
  return cast(op(onnx, [x], shape, 'int64', { axis: at, keepdims: 0 }), 'int32')
}

/** x in a type that ONNX orders, NaN never winning. */
function comparable(x: Value, worst: number): Value {
  if (x.type !== 'float32') return cast(x, 'int32')
  return op('Where', [op('IsNaN', [x], x.shape, 'bool'), scalar(worst), x], x.shape, 'float32')
}

const ofX = (inputs: Inputs): Value => inputs.x as Value

interface CumulativeAttributes {
  axis: number
  exclusive: boolean
  reverse: boolean
}

/**
 * Running products by doubling (Hillis and Steele 1986): after step k each element is the product of the 2ᵏ up to it.
 * ONNX has running sums only, and the logarithms of negative numbers are none.
 */
function cumulativeProduct(x: Value, { axis, exclusive, reverse }: CumulativeAttributes): Value {
  const at = axis < 0 ? axis + x.shape.length : axis
  const length = x.shape[at] as number
  /** Moves everything by `distance` along the axis, ones following. */
  const shifted = (value: Value, distance: number): Value => {
    const starts = x.shape.map((_, i) => (i === at && reverse ? distance : 0))
    const kept = slice(value, starts, x.shape.map((d, i) => (i === at ? d - distance : d)))
    return pad(kept, x.shape.map((_, i) => (i !== at ? [0, 0] : reverse ? [0, distance] : [distance, 0])), 1)
  }
  let product = exclusive && length > 0 ? shifted(x, 1) : x
  for (let distance = 1; distance < length; distance *= 2) product = mul(product, shifted(product, distance))
  return product
}

export function registerReductions(): void {
  const reduction = (name: string, onnx: string, type?: ElementType) =>
    kernel<ReductionAttributes>(name, (i, attributes) => reduce(onnx, type ? cast(ofX(i), type) : ofX(i), attributes))
  kernel<{ reductionIndices: number | number[]; keepDims: boolean }>('Max', (i, { reductionIndices, keepDims }) =>
    reduce('ReduceMax', ofX(i), { axis: reductionIndices, keepDims }),
  )
  reduction('Min', 'ReduceMin')
  reduction('Prod', 'ReduceProd')
  reduction('Mean', 'ReduceMean', 'float32')
  kernel<ReductionAttributes>('Sum', (i, attributes) => {
    const x = ofX(i)
    return reduce('ReduceSum', x.type === 'bool' ? cast(x, 'int32') : x, attributes)
  })
  kernel<ReductionAttributes>('All', (i, a) => cast(reduce('ReduceMin', cast(ofX(i), 'int32'), a), 'bool'))
  // Not the maximum, which of nothing is the least number.
  kernel<ReductionAttributes>('Any', (i, a) => cast(reduce('ReduceSum', cast(ofX(i), 'int32'), a), 'bool'))
  kernel<{ axis: number }>('ArgMax', (i, { axis }) => argument('ArgMax', ofX(i), axis, -Infinity))
  kernel<{ axis: number }>('ArgMin', (i, { axis }) => argument('ArgMin', ofX(i), axis, Infinity))
  kernel<{ dim: number }>('Softmax', ({ logits }, { dim }) => {
    const x = cast(logits as Value, 'float32')
    return op('Softmax', [x], x.shape, 'float32', { axis: dim })
  })
  kernel<{ axis: number }>('LogSoftmax', ({ logits }, { axis }) => {
    const x = cast(logits as Value, 'float32')
    return op('LogSoftmax', [x], x.shape, 'float32', { axis })
  })
  kernel<CumulativeAttributes>('Cumprod', (i, attributes) => cumulativeProduct(number(ofX(i)), attributes))
  kernel<CumulativeAttributes>('Cumsum', (i, { axis, exclusive, reverse }) => {
    const x = number(ofX(i))
    const attributes = { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 }
    return op('CumSum', [x, new Ints([axis])], x.shape, x.type, attributes)
  })
}
