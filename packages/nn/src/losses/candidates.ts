import { type Random, tf } from '@parlance/runtime'
import { expectSize } from '../dimensions.js'

/**
 * Classes drawn to stand for all others in one step of training, for every row alike. Counts are those expected in
 * such a draw: a class that is drawn often would otherwise be pushed down too much (Bengio and Senécal 2008).
 */
// A type and not an interface, so that it can be part of a batch.
export type Candidates = {
  /** int32 (S) */
  readonly ids: tf.Tensor
  /** log of the expected count of each: float32 (S) */
  readonly logCounts: tf.Tensor
  /** The same for the label of each row: float32 (M) */
  readonly labelLogCounts: tf.Tensor
}

export interface LogUniformOptions {
  /** V. The classes must be in order of falling frequency, as most vocabularies are. */
  classes: number
  /** S, how many are drawn. */
  count: number
  /** The labels of the batch; those below 0 (ignored ones) have count 1. */
  labels: ArrayLike<number>
  /** Draws; the same stream gives the same candidates: `new Random(seed, 'candidates', step)`. */
  random: Random
  /** Draw until there are `count` different ones; at most V then. Default true. */
  unique?: boolean
}

/** Draws classes with P(k) = log((k + 2) / (k + 1)) / log(V + 1), about Zipf's law. */
export function logUniformCandidates({ classes, count, labels, random, unique = true }: LogUniformOptions): Candidates {
  expectSize('The number of classes to draw from', classes)
  expectSize('The number of candidates', count)
  if (unique && count > classes) {
    throw new Error(`There are no ${count} different candidates among ${classes} classes: draw fewer, or not unique ones.`)
  }
  const range = Math.log(classes + 1)
  const ids: number[] = []
  const seen = new Set<number>()
  let tries = 0
  while (ids.length < count) {
    tries++
    const id = Math.min(classes - 1, Math.floor(Math.exp((random.uint32() / 2 ** 32) * range)) - 1)
    if (unique && seen.has(id)) continue
    seen.add(id)
    ids.push(id)
  }
  const logCount = (id: number): number => {
    if (id < 0) return 0
    const probability = Math.log1p(1 / (id + 1)) / range
    // A class is among different ones unless every try missed it.
    return Math.log(unique ? -Math.expm1(tries * Math.log1p(-probability)) : tries * probability)
  }
  return {
    ids: tf.tensor1d(ids, 'int32'),
    logCounts: tf.tensor1d(ids.map(logCount)),
    labelLogCounts: tf.tensor1d(Array.from(labels, logCount)),
  }
}
