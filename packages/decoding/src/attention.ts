import type { SourceAttention } from './model.js'

/** The position with the greatest weight, the first of equals. */
export function mostAttended(weights: Float32Array): number {
  let best = 0
  for (let i = 1; i < weights.length; i++) if (weights[i]! > weights[best]!) best = i
  return best
}

/** Attention summed over target positions, per source position: `coverage` (none yet when undefined) and a row's. */
export function addCoverage(
  coverage: Float64Array | undefined,
  attention: SourceAttention,
  row: number,
): Float64Array {
  return Float64Array.from(attentionOf(attention, row), (weight, i) => (coverage?.[i] ?? 0) + weight)
}

/** (source positions) a row's attention, without padding. */
export function attentionOf({ weights, lengths }: SourceAttention, row: number): Float32Array {
  const width = weights.length / lengths.length
  return weights.subarray(row * width, row * width + lengths[row]!)
}
