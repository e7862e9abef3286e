import { MetricError } from './error.js'

/** Ranks from 1 on; equal values share the mean of their places. */
function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]!)
  const result = new Float64Array(values.length)
  for (let first = 0; first < order.length;) {
    let end = first + 1
    while (end < order.length && values[order[end]!] === values[order[first]!]) end++
    for (let i = first; i < end; i++) result[order[i]!] = (first + end + 1) / 2
    first = end
  }
  return result
}

/** Pearson's correlation of two series; NaN when one of them is constant. */
function pearson(a: Float64Array, b: Float64Array): number {
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanA, meanB] = [mean(a), mean(b)]
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]! - meanA, b[i]! - meanB]
    ab += x * y
    aa += x * x
    bb += y * y
  }
  return ab / Math.sqrt(aa * bb)
}

/**
 * Spearman's rank correlation ρ: Pearson's correlation of the ranks, where equal values share their mean rank.
 *
 * @returns in [-1, 1]; NaN when all values of a series are equal
 * @throws MetricError for series of different lengths, fewer than two values, or values that are no numbers
 */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length || a.length < 2) {
    throw new MetricError(`rank correlation needs two series of one length, two values or more, got ${a.length} and ${b.length}`)
  }
  for (const series of [a, b]) {
    const wrong = Array.from(series).findIndex((value) => Number.isNaN(value))
    if (wrong >= 0) throw new MetricError(`rank correlation needs numbers, got NaN at place ${wrong}`)
  }
  return pearson(ranks(a), ranks(b))
}
