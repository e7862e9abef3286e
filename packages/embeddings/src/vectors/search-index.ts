import { dot, unitRows } from './unit-rows.js'
import type { WordVectors } from './word-vectors.js'

/** A vector that was found: its row and the cosine. */
export interface Found {
  readonly row: number
  readonly similarity: number
}

/** Finds the rows nearest to a vector by cosine. */
export interface SearchIndex {
  /** @param unit (width), of length 1 or zeros; at most `count` rows come back, nearest first */
  search(unit: Float32Array, count: number): Found[]
}

/** Compares with every vector. */
export class ExactIndex implements SearchIndex {
  private readonly units: Float32Array
  private readonly scores: Float32Array

  constructor(private readonly vectors: WordVectors) {
    this.units = unitRows(vectors.values, vectors.width)
    this.scores = new Float32Array(vectors.size)
  }

  search(unit: Float32Array, count: number): Found[] {
    const { scores, units } = this
    const { width, size } = this.vectors
    for (let i = 0; i < size; i++) scores[i] = dot(unit, units, i * width)
    return largest(scores, count).map((row) => ({ row, similarity: scores[row]! }))
  }
}

/** The places of the largest scores, largest first, the earlier one first among equals. */
function largest(scores: Float32Array, count: number): number[] {
  const best: number[] = []
  let least = -Infinity
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!
    if (best.length === count && score <= least) continue
    let place = best.length
    while (place > 0 && scores[best[place - 1]!]! < score) place--
    best.splice(place, 0, i)
    if (best.length > count) best.pop()
    least = scores[best.at(-1)!]!
  }
  return best
}
