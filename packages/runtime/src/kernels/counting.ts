/** Counting: how often numbers occur, where values lie in a sorted sequence, and draws from a distribution. */
import { Value } from '../graph/graph.js'
import { Random } from '../random.js'
import { segmentSum } from './indexing.js'
import { add, cast, full, Ints, kernel, op, reshape, scalar } from './registry.js'

/** How often each of 0 … size − 1 occurs in x, or the sum of its weights if there are any; other numbers do not count. */
function binCount(x: Value, weights: Value, size: number): Value {
  return segmentSum(weightsFor(x, weights), x, size)
}

function weightsFor(x: Value, weights: Value): Value {
  return weights.size > 0 ? reshape(weights, x.shape) : full(x.shape, 1, weights.type as 'float32')
}

/** The same for every row of x (rows, columns); only whether it occurs if `binary`. */
function binCountOfRows(x: Value, weights: Value, size: number, binary: boolean): Value {
  const [rows] = x.shape as [number, number]
  const first = Value.concrete(Int32Array.from({ length: rows }, (_, row) => row * size), [rows, 1], 'int32')
  const within = op('Equal', [op('Clip', [x, scalar(0, 'int32'), scalar(size - 1, 'int32')], x.shape, 'int32'), x], x.shape, 'bool')
  const ids = op('Where', [within, add(x, first), scalar(-1, 'int32')], x.shape, 'int32')
  const type = weights.type as 'float32'
  const counted = binary ? full(x.shape, 1, type) : weightsFor(x, weights)
  const sums = reshape(segmentSum(counted, ids, rows * size), [rows, size])
  return binary ? cast(cast(sums, 'bool'), type) : sums
}

/** For each value (rows, m), how many elements of its row of the sorted (rows, n) lie before the place for it. */
function searchSorted(sorted: Value, values: Value, side: 'left' | 'right'): Value {
  const [rows, n] = sorted.shape as [number, number]
  const m = values.shape[1] as number
  const before = side === 'left' ? 'Less' : 'LessOrEqual'
  const operands = [reshape(sorted, [rows, 1, n]), reshape(values, [rows, m, 1])]
  return count(op(before, operands, [rows, m, n], 'bool'))
}

/** How many are true along the last axis. */
function count(x: Value): Value {
  const shape = x.shape.slice(0, -1)
  return op('ReduceSum', [cast(x, 'int32'), new Ints([x.shape.length - 1])], shape, 'int32', { keepdims: 0 })
}

/**
 * Draws events by their probabilities: the number of cumulative probabilities that a uniform number reaches. The seed
 * gives every row numbers of its own, where TF.js gives all rows the same.
 */
function multinomial(logits: Value, samples: number, seed: number, normalized: boolean): Value {
  const [rows, events] = logits.shape as [number, number]
  const probabilities = normalized ? logits : op('Softmax', [logits], logits.shape, 'float32', { axis: 1 })
  const cumulative = op('CumSum', [probabilities, new Ints([1])], logits.shape, 'float32')
  const drawn = new Random(0, 'multinomial', seed).uniform(rows * samples)
  const uniform = Value.concrete(drawn, [rows, samples, 1], 'float32')
  const reached = op('LessOrEqual', [reshape(cumulative, [rows, 1, events]), uniform], [rows, samples, events], 'bool')
  return op('Min', [count(reached), scalar(events - 1, 'int32')], [rows, samples], 'int32')
}

export function registerCounting(): void {
  kernel<{ size: number }>('Bincount', ({ x, weights }, { size }) => binCount(x as Value, weights as Value, size))
  kernel<{ size: number; binaryOutput?: boolean }>('DenseBincount', (inputs, { size, binaryOutput = false }) => {
    const [x, weights] = [inputs.x as Value, inputs.weights as Value]
    return x.shape.length === 1 ? binCount(x, weights, size) : binCountOfRows(x, weights, size, binaryOutput)
  })
  kernel<{ side: 'left' | 'right' }>('SearchSorted', ({ sortedSequence, values }, { side }) =>
    searchSorted(sortedSequence as Value, values as Value, side),
  )
  kernel<{ numSamples: number; seed: number; normalized: boolean }>('Multinomial', ({ logits }, a) =>
    multinomial(logits as Value, a.numSamples, a.seed, a.normalized),
  )
}
