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

/** The share of padding in all batches: positions that hold no token of either side. */
export function paddingShare(tokens: ArrayLike<number>, lengths: ArrayLike<number>, buckets: readonly Bucket[]): number {
  let [real, positions] = [0, 0]
  for (let i = 0; i < lengths.length; i++) {
    real += tokens[i] as number
    positions += 2 * (buckets.find(({ length }) => length >= (lengths[i] as number)) as Bucket).length
  }
  return 1 - real / positions
}
