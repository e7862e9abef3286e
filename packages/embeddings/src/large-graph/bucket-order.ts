/** Edges whose left entities are in one partition and whose right ones are in another. */
export interface Bucket {
  readonly left: number
  readonly right: number
}

/**
 * All buckets of a number of partitions, inside out (Lerer et al. 2019, figure 1): from one bucket to the next at most one
 * partition is exchanged, and every bucket but the first has a partition that was trained before.
 */
export function insideOut(partitions: number): Bucket[] {
  const buckets: Bucket[] = [{ left: 0, right: 0 }]
  let other = 0
  for (let outer = 1; outer < partitions; outer++) {
    // Begin with the inner partition that is still there, then go through the rest.
    const inner = [other, ...Array.from({ length: outer }, (_, i) => i).filter((i) => i !== other)]
    for (const [place, i] of inner.entries()) {
      buckets.push({ left: i, right: outer }, { left: outer, right: i })
      if (place === 0) buckets.push({ left: outer, right: outer })
    }
    other = outer
  }
  return buckets
}
