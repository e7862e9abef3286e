import type { StarSpaceConfig } from './options.js'

const EPSILON = 1e-6

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let d = 0; d < a.length; d++) sum += a[d]! * b[d]!
  return sum
}

function inverseNorm(a: Float32Array): number {
  return 1 / Math.sqrt(dot(a, a) + EPSILON)
}

/** Compares vectors with those of many candidates. */
export class Scorer {
  private readonly inverseNorms: Float32Array | undefined
  private readonly places: ReadonlyMap<string, number>

  /** @param vectors (width) for each name; looked at again for each query */
  constructor(
    readonly names: readonly string[],
    private readonly vectors: readonly Float32Array[],
    similarity: StarSpaceConfig['similarity'],
  ) {
    if (similarity === 'cosine') this.inverseNorms = Float32Array.from(vectors, inverseNorm)
    this.places = new Map(names.map((name, i) => [name, i]))
  }

  placeOf(name: string): number | undefined {
    return this.places.get(name)
  }

  /** Scores of all candidates: (candidates). */
  scores(query: Float32Array): Float32Array {
    const { inverseNorms } = this
    const scale = inverseNorms ? inverseNorm(query) : 1
    return Float32Array.from(this.vectors, (vector, i) => dot(query, vector) * scale * (inverseNorms?.[i] ?? 1))
  }

  /** The best candidates, best first, the earlier one among equals. */
  best(query: Float32Array, count: number, exclude: ReadonlySet<string> = new Set()): { label: string; score: number }[] {
    const scores = this.scores(query)
    return Array.from(scores, (score, i) => ({ label: this.names[i]!, score }))
      .filter(({ label }) => !exclude.has(label))
      .sort((a, b) => b.score - a.score)
      .slice(0, count)
  }
}
