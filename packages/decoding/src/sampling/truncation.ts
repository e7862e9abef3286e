/** A candidate and how likely it is to be drawn, not normalized. */
export interface Weighted {
  /** Its index among the step's candidates. */
  readonly at: number
  readonly weight: number
}

/**
 * The fewest candidates from the front whose mass reaches `share` of all.
 *
 * @param candidates most probable first
 */
export function nucleus(candidates: readonly Weighted[], share: number): Weighted[] {
  const target = share * massOf(candidates)
  let mass = 0
  let kept = 0
  while (kept < candidates.length && mass < target) mass += candidates[kept++]!.weight
  return candidates.slice(0, kept)
}

/** The fewest candidates, those first whose information is nearest to the entropy, whose mass reaches `share`. */
export function typical(candidates: readonly Weighted[], share: number): Weighted[] {
  const mass = massOf(candidates)
  const informed = candidates.map((candidate) => ({ ...candidate, information: -Math.log(candidate.weight / mass) }))
  const entropy = informed.reduce((sum, { weight, information }) =>
    (weight > 0 ? sum + weight / mass * information : sum), 0)
  informed.sort((a, b) => Math.abs(a.information - entropy) - Math.abs(b.information - entropy))
  return nucleus(informed, share)
}

function massOf(candidates: readonly Weighted[]): number {
  return candidates.reduce((sum, { weight }) => sum + weight, 0)
}
