import type { SourceAttention } from './model.js'

/** The source position that a row looks at most, the first of equals; undefined without attention. */
export function mostAttended(attention: SourceAttention | undefined, row: number): number | undefined {
  if (attention === undefined) return undefined
  const weights = rowOf(attention, row)
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
  return Float64Array.from(rowOf(attention, row), (weight, i) => (coverage?.[i] ?? 0) + weight)
}

function rowOf({ weights, lengths }: SourceAttention, row: number): Float32Array {
  const width = weights.length / lengths.length
  return weights.subarray(row * width, row * width + lengths[row]!)
}
