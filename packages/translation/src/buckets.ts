import { chooseLengths } from '@parlance/nn'

/** A shape of batches: `rows` examples, each side padded to `length`. */
export interface Bucket {
  readonly length: number
  readonly rows: number
}

/** The shapes for examples of these lengths: at most `count`, each of about `tokens` positions a side. */
export function chooseBuckets(lengths: ArrayLike<number>, count: number, tokens: number): Bucket[] {
  return chooseLengths(lengths, count).map((length) => ({ length, rows: Math.max(1, Math.floor(tokens / length)) }))
}
