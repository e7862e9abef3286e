import { EmbeddingError } from '../errors.js'

/** The way from the root to each word of a Huffman tree, as hierarchical softmax wants it. */
export interface HuffmanPaths {
  /** (words + 1): where each word's way begins in `steps`. */
  readonly offsets: Int32Array
  /** 2 · inner node + label: an inner node is a row of the output table, the label 1 for code 0, as in word2vec.c. */
  readonly steps: Int32Array
  readonly longest: number
}

/**
 * Huffman's tree over words by their counts: frequent words have short ways (Morin and Bengio 2005; Mikolov et al. 2013).
 * There is one inner node fewer than there are words; the root is the last one.
 *
 * @throws EmbeddingError for fewer than two words.
 */
export function huffmanPaths(counts: readonly number[]): HuffmanPaths {
  const words = counts.length
  if (words < 2) throw new EmbeddingError('Hierarchical softmax needs two words or more: lower the minimum count.')
  const parents = new Int32Array(2 * words - 1)
  const codes = new Uint8Array(2 * words - 1)
  const sums = new Float64Array(2 * words - 1)
  sums.set(counts)
  // Two queues, both in rising order: the words, and the inner nodes in the order in which they are made.
  const rising = Array.from(counts.keys()).sort((a, b) => counts[a]! - counts[b]! || b - a)
  let nextWord = 0
  let nextInner = words
  let made = words
  const least = (): number => {
    const isWord = nextWord < words && (nextInner >= made || sums[rising[nextWord]!]! < sums[nextInner]!)
    return isWord ? rising[nextWord++]! : nextInner++
  }
  for (; made < sums.length; made++) {
    const first = least()
    const second = least()
    sums[made] = sums[first]! + sums[second]!
    parents[first] = made
    parents[second] = made
    codes[second] = 1
  }
  const root = sums.length - 1
  const ways = counts.map((_, word) => {
    const way: number[] = []
    for (let node = word; node !== root; node = parents[node]!) way.push(2 * (parents[node]! - words) + 1 - codes[node]!)
    return way.reverse()
  })
  const offsets = new Int32Array(words + 1)
  for (const [word, way] of ways.entries()) offsets[word + 1] = offsets[word]! + way.length
  return { offsets, steps: Int32Array.from(ways.flat()), longest: ways.reduce((most, way) => Math.max(most, way.length), 0) }
}
