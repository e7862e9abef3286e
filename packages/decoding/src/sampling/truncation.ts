/** Candidates and how likely each is to be drawn, the most probable first. */
export interface Weighted {
  /** Indices among the step's candidates. */
  readonly at: Int32Array
  /** Not normalized. */
  readonly weights: Float64Array
}

/** The fewest candidates from the front whose mass reaches `share` of all. */
export function nucleus({ at, weights }: Weighted, share: number): Weighted {
  const target = share * massOf(weights)
  let mass = 0
  let kept = 0
  while (kept < weights.length && mass < target) mass += weights[kept++]!
  return { at: at.subarray(0, kept), weights: weights.subarray(0, kept) }
}

/** The fewest candidates, those first whose information is nearest to the entropy, whose mass reaches `share`. */
export function typical({ at, weights }: Weighted, share: number): Weighted {
  const mass = massOf(weights)
  const information = weights.map((weight) => -Math.log(weight / mass))
  const entropy = weights.reduce((sum, weight, i) => (weight > 0 ? sum + weight / mass * information[i]! : sum), 0)
  const distance = information.map((each) => Math.abs(each - entropy))
  return nucleus(inOrder({ at, weights }, (a, b) => distance[a]! - distance[b]!), share)
}

/** The candidates in another order, by their positions in this one. */
export function inOrder({ at, weights }: Weighted, compare: (a: number, b: number) => number): Weighted {
  const order = Int32Array.from(at, (_, i) => i).sort(compare)
  return { at: order.map((i) => at[i]!), weights: Float64Array.from(order, (i) => weights[i]!) }
}

export function massOf(weights: Float64Array): number {
  return weights.reduce((sum, weight) => sum + weight, 0)
}
