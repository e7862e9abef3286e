/**
 * Few lengths for sequences of many: a graph that is compiled for training has static shapes, so every length that
 * batches are padded to is one more graph to trace.
 */

function roundUp(length: number, multipleOf: number): number {
  return Math.ceil(length / multipleOf) * multipleOf
}

function checkLength(length: number): number {
  if (Number.isInteger(length) && length >= 1) return length
  throw new RangeError(`The length of a sequence must be a whole number of 1 or more, got ${length}.`)
}

function checkCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} must be a whole number of 1 or more, got ${value}.`)
}

/**
 * The at most `count` lengths that waste the least padding when each sequence is padded to the next of them, by dynamic
 * programming over the distinct lengths, ascending. O(count · d²) for d distinct lengths.
 *
 * @param lengths of the sequences, each at least 1
 * @param multipleOf what the chosen lengths are multiples of, for models that subsample; default 1
 * @throws RangeError when a length or a number is not a whole number of 1 or more.
 */
export function chooseLengths(lengths: ArrayLike<number>, count: number, multipleOf = 1): number[] {
  checkCount('The number of lengths', count)
  checkCount('What lengths are multiples of', multipleOf)
  const histogram = new Map<number, number>()
  for (let i = 0; i < lengths.length; i++) {
    const length = roundUp(checkLength(lengths[i] as number), multipleOf)
    histogram.set(length, (histogram.get(length) ?? 0) + 1)
  }
  const distinct = [...histogram.keys()].sort((a, b) => a - b)
  const most = Math.min(count, distinct.length)
  const examplesUpTo = [0]
  for (const length of distinct) examplesUpTo.push((examplesUpTo.at(-1) as number) + (histogram.get(length) as number))
  const size = distinct.length + 1
  // cost[j]: padded positions of the j shortest distinct lengths in as many buckets as rounds so far.
  let cost = new Float64Array(size).fill(Infinity)
  cost[0] = 0
  const cuts: Int32Array[] = []
  for (let bucket = 0; bucket < most; bucket++) {
    const next = new Float64Array(size).fill(Infinity)
    const cut = new Int32Array(size)
    for (let end = bucket + 1; end < size; end++) {
      for (let start = bucket; start < end; start++) {
        const examples = (examplesUpTo[end] as number) - (examplesUpTo[start] as number)
        const total = (cost[start] as number) + examples * (distinct[end - 1] as number)
        if (total < (next[end] as number)) [next[end], cut[end]] = [total, start]
      }
    }
    cost = next
    cuts.push(cut)
  }
  const chosen: number[] = []
  for (let end = distinct.length; end > 0; end = cuts.pop()?.[end] ?? 0) chosen.push(distinct[end - 1] as number)
  return chosen.reverse()
}

/**
 * Lengths from `shortest` to `longest`, each at most `ratio` times the one before it: padding then takes at most the
 * share 1 − 1 / ratio of a batch, whatever the lengths, which need not be known beforehand. Ascending.
 *
 * @param ratio greater than 1; default 1.25
 * @throws RangeError when shortest or longest is not a whole number of 1 or more, or the ratio is not greater than 1.
 */
export function geometricLengths(shortest: number, longest: number, ratio = 1.25): number[] {
  checkLength(shortest)
  if (checkLength(longest) < shortest) throw new RangeError(`The longest length, ${longest}, is less than the shortest, ${shortest}.`)
  if (!(ratio > 1)) throw new RangeError(`The ratio between lengths must be greater than 1, got ${ratio}.`)
  const lengths = [shortest]
  for (let last = shortest; last < longest; lengths.push(last)) last = Math.min(longest, Math.max(last + 1, Math.floor(last * ratio)))
  return lengths
}

/**
 * The sequences that belong to each of the lengths, the first that holds them, by index and in their order.
 *
 * @param buckets ascending, as the functions above give them
 * @throws RangeError when a sequence is longer than all of them.
 */
export function groupByLength(lengths: ArrayLike<number>, buckets: readonly number[]): Int32Array[] {
  const members = buckets.map((): number[] => [])
  for (let i = 0; i < lengths.length; i++) {
    const group = members[buckets.findIndex((bucket) => bucket >= (lengths[i] as number))]
    if (!group) throw new RangeError(`Sequence ${i} has a length of ${lengths[i]}, but the longest bucket is of ${buckets.at(-1)}.`)
    group.push(i)
  }
  return members.map((list) => Int32Array.from(list))
}

/**
 * Sequences as the rows of a matrix (rows, length), row-major, with `padding` after each and in rows that are left over.
 *
 * @param padding what a loss ignores or a mask is made from: the padding token, or −100 for the targets of `crossEntropy`
 * @throws RangeError when a sequence is longer than `length`, or there are more of them than rows.
 */
export function padRows(sequences: readonly ArrayLike<number>[], { rows = sequences.length, length, padding }: PaddedShape): Int32Array {
  if (sequences.length > rows) throw new RangeError(`${sequences.length} sequences do not fit into ${rows} rows.`)
  const matrix = new Int32Array(rows * length).fill(padding)
  for (const [row, sequence] of sequences.entries()) {
    if (sequence.length > length) throw new RangeError(`A sequence of ${sequence.length} does not fit into a row of ${length}.`)
    matrix.set(sequence, row * length)
  }
  return matrix
}

export interface PaddedShape {
  /** At least as many as there are sequences; default: just as many. */
  rows?: number
  length: number
  padding: number
}
