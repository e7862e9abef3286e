import { dot, scaleToUnit, unitRows } from '../vectors/unit-rows.js'
import type { WordVectors } from '../vectors/word-vectors.js'

const ROUNDS = 30

/**
 * Groups vectors by their directions: spherical k-means (Dhillon and Modha 2001), which begins with vectors far from each
 * other, the first one first; so it is the same each time.
 *
 * @returns (size): the group of each, groups by falling size
 */
export function clusterVectors(vectors: WordVectors, count: number): Int32Array {
  const { size, width } = vectors
  const units = unitRows(vectors.values, width)
  const row = (i: number) => units.subarray(i * width, (i + 1) * width)
  const centres = farApart(units, { size, width, count: Math.min(count, size) }).map((i) => row(i).slice())
  const groups = new Int32Array(size).fill(-1)
  for (let round = 0; round < ROUNDS; round++) {
    let moved = 0
    for (let i = 0; i < size; i++) {
      const scores = centres.map((centre) => dot(centre, units, i * width))
      const nearest = scores.indexOf(Math.max(...scores))
      if (nearest !== groups[i]) moved++
      groups[i] = nearest
    }
    if (moved === 0) break
    for (const centre of centres) centre.fill(0)
    for (const [i, group] of groups.entries()) for (const [d, value] of row(i).entries()) centres[group]![d]! += value
    for (const centre of centres) scaleToUnit(centre)
  }
  const sizes = centres.map((_, group) => groups.reduce((sum, of) => sum + Number(of === group), 0))
  const order = sizes.map((_, group) => group).sort((a, b) => sizes[b]! - sizes[a]!)
  return groups.map((group) => order.indexOf(group))
}

/** Rows each of which is the farthest from those before it. */
function farApart(units: Float32Array, { size, width, count }: { size: number; width: number; count: number }): number[] {
  const chosen = [0]
  const nearest = new Float32Array(size).fill(-Infinity)
  while (chosen.length < count) {
    const last = units.subarray(chosen.at(-1)! * width, (chosen.at(-1)! + 1) * width)
    let farthest = 0
    for (let i = 0; i < size; i++) {
      nearest[i] = Math.max(nearest[i]!, dot(last, units, i * width))
      if (nearest[i]! < nearest[farthest]!) farthest = i
    }
    chosen.push(farthest)
  }
  return chosen
}
