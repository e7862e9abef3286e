/** A shape of batches: `rows` examples, each side padded to `length`. */
export interface Bucket {
  readonly length: number
  readonly rows: number
}

/**
 * The at most `count` lengths that waste the least padding when each example is padded to the next of them, by dynamic
 * programming over the distinct lengths, ascending.
 *
 * @param lengths of the examples, each at least 1
 */
export function chooseLengths(lengths: ArrayLike<number>, count: number): number[] {
  const histogram = new Map<number, number>()
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i] as number
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

/** The shapes for examples of these lengths: at most `count`, each of about `tokens` positions a side. */
export function chooseBuckets(lengths: ArrayLike<number>, count: number, tokens: number): Bucket[] {
  return chooseLengths(lengths, count).map((length) => ({ length, rows: Math.max(1, Math.floor(tokens / length)) }))
}
