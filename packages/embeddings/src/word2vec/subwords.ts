import { END_OF_SENTENCE } from '../text/words.js'

/** Character n-grams that share rows by their hash (Bojanowski, Grave, Joulin and Mikolov 2017). */
export interface SubwordOptions {
  /** Characters of the shortest and the longest n-gram. */
  readonly minN: number
  readonly maxN: number
  /** Rows that n-grams share. */
  readonly buckets: number
}

/** FNV-1a as fastText computes it: bytes are signed there, so those from 128 on flip the upper bits too. */
function hash(bytes: Uint8Array, from: number, to: number): number {
  let h = 2_166_136_261
  for (let i = from; i < to; i++) h = Math.imul(h ^ ((bytes[i]! << 24) >> 24), 16_777_619)
  return h >>> 0
}

const encoder = new TextEncoder()

/**
 * The buckets of the n-grams of `<word>`, in fastText's order: by where they begin, then by length. A single bracket is
 * none of them, and the end of a sentence has none.
 */
export function subwordBuckets(word: string, { minN, maxN, buckets }: SubwordOptions): number[] {
  if (word === END_OF_SENTENCE || maxN === 0) return []
  const bytes = encoder.encode(`<${word}>`)
  const starts: number[] = []
  for (const [i, byte] of bytes.entries()) if ((byte & 0xc0) !== 0x80) starts.push(i)
  starts.push(bytes.length)
  const characters = starts.length - 1
  const found: number[] = []
  for (let from = 0; from < characters; from++) {
    for (let n = minN; n <= maxN && from + n <= characters; n++) {
      if (n === 1 && (from === 0 || from + n === characters)) continue
      found.push(hash(bytes, starts[from]!, starts[from + n]!) % buckets)
    }
  }
  return found
}

/** The input rows of each word: its own, then those of its n-grams, which follow the rows of all words. */
export interface SubwordRows {
  /** (words + 1): where each word's rows begin in `rows`. */
  readonly offsets: Int32Array
  readonly rows: Int32Array
  /** Of one word. */
  readonly most: number
}

/** The rows of a whole vocabulary. */
export function subwordRows(words: readonly string[], options: SubwordOptions): SubwordRows {
  const offsets = new Int32Array(words.length + 1)
  const lists = words.map((word, i) => [i, ...subwordBuckets(word, options).map((bucket) => words.length + bucket)])
  for (const [i, list] of lists.entries()) offsets[i + 1] = offsets[i]! + list.length
  return { offsets, rows: Int32Array.from(lists.flat()), most: lists.reduce((most, list) => Math.max(most, list.length), 0) }
}
