/**
 * All n-grams of one order that occur in a text, sorted, as nodes of a trie: the nodes that share a context
 * (their first n − 1 words) are neighbours, in ascending order of their last word.
 */
export interface CountedLevel {
  /** (nodes) last word. */
  readonly words: Int32Array
  /** (nodes) node of the context in the level below; empty for unigrams. */
  readonly contexts: Int32Array
  /** (nodes) node of the n-gram without its first word in the level below; empty for unigrams. */
  readonly suffixes: Int32Array
  /** (nodes) how often it occurs. */
  readonly counts: Int32Array
}

/**
 * Counts all n-grams up to `order`. They do not cross a `bos`, which opens every sequence.
 *
 * Positions are sorted by n-gram one order at a time: positions already sorted by the (n−1)-gram to their
 * right, then stably by their own word, are sorted by n-gram. Each order costs one counting sort: O(text + vocabulary).
 *
 * @param text (positions) word ids in [0, bos]
 * @returns one level per order; unigram node i is word i, occurring or not
 */
export function countNgrams(text: Int32Array, bos: number, order: number): CountedLevel[] {
  const vocabulary = bos + 1
  const unigrams = new Int32Array(vocabulary)
  for (let i = 0; i < text.length; i++) unigrams[text[i]!]!++
  const none = new Int32Array(0)
  const words = Int32Array.from({ length: vocabulary }, (_, word) => word)
  const levels: CountedLevel[] = [{ words, contexts: none, suffixes: none, counts: unigrams }]

  let nodeAt = text // the node of the n-gram that starts at a position, -1 where there is none
  let sorted: Int32Array = new Int32Array(text.length)
  for (let i = 0; i < sorted.length; i++) sorted[i] = i
  sorted = sortByWord(sorted, text, vocabulary)
  for (let n = 2; n <= order; n++) {
    sorted = sortByWord(precedingPositions(sorted, text, bos), text, vocabulary)
    const next = new Int32Array(text.length).fill(-1)
    const level = collect(sorted, text, nodeAt, next, n)
    levels.push(level)
    nodeAt = next
  }
  return levels
}

/** The positions before the given ones, in the same order, without those whose n-gram would hold an inner bos. */
function precedingPositions(positions: Int32Array, text: Int32Array, bos: number): Int32Array {
  const preceding = new Int32Array(positions.length)
  let size = 0
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i]!
    if (text[position] !== bos) preceding[size++] = position - 1
  }
  return preceding.subarray(0, size)
}

/** Sorts positions stably by the word at each. */
function sortByWord(positions: Int32Array, text: Int32Array, vocabulary: number): Int32Array {
  const next = new Int32Array(vocabulary + 1)
  for (let i = 0; i < positions.length; i++) next[text[positions[i]!]! + 1]!++
  for (let word = 0; word < vocabulary; word++) next[word + 1]! += next[word]!
  const sorted = new Int32Array(positions.length)
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i]!
    sorted[next[text[position]!]!++] = position
  }
  return sorted
}

/** Makes one node of every run of equal n-grams and notes it at each position of the run in `nodeAt`. */
function collect(
  sorted: Int32Array, text: Int32Array, shorterAt: Int32Array, nodeAt: Int32Array, n: number,
): CountedLevel {
  let size = 0
  for (let i = 0; i < sorted.length; i++) {
    if (i === 0 || !sameNgram(sorted[i - 1]!, sorted[i]!, text, shorterAt, n)) size++
    nodeAt[sorted[i]!] = size - 1
  }
  const words = new Int32Array(size)
  const contexts = new Int32Array(size)
  const suffixes = new Int32Array(size)
  const counts = new Int32Array(size)
  for (let i = 0; i < sorted.length; i++) {
    const position = sorted[i]!
    const node = nodeAt[position]!
    if (counts[node]!++ > 0) continue
    words[node] = text[position + n - 1]!
    contexts[node] = shorterAt[position]!
    suffixes[node] = shorterAt[position + 1]!
  }
  return { words, contexts, suffixes, counts }
}

function sameNgram(a: number, b: number, text: Int32Array, shorterAt: Int32Array, n: number): boolean {
  return shorterAt[a] === shorterAt[b] && text[a + n - 1] === text[b + n - 1]
}

/**
 * The counts that Kneser-Ney smoothing uses for an order below the highest: in how many different words'
 * company to the left an n-gram occurs. Nothing precedes a bos, so n-grams that begin with it keep their counts.
 */
export function continuationCounts(level: CountedLevel, longer: CountedLevel): Int32Array {
  const counts = new Int32Array(level.counts.length)
  for (let i = 0; i < longer.suffixes.length; i++) counts[longer.suffixes[i]!]!++
  for (let i = 0; i < counts.length; i++) if (counts[i] === 0) counts[i] = level.counts[i]!
  return counts
}
