import { EmbeddingError } from '../errors.js'
import type { WordVectors } from './word-vectors.js'

/** A word and its cosine with what was asked for. */
export interface Neighbour {
  readonly word: string
  readonly similarity: number
}

/** Exact search for nearest words by cosine; vectors are scaled once. */
export class NearestWords {
  /** (words, width), each of length 1, or zeros. */
  private readonly units: Float32Array

  constructor(private readonly vectors: WordVectors) {
    this.units = vectors.values.slice()
    for (let i = 0; i < vectors.size; i++) scaleToUnit(this.units.subarray(i * vectors.width, (i + 1) * vectors.width))
  }

  /**
   * The nearest words of a vector, nearest first.
   *
   * @param query (width)
   * @param exclude words that are not to be among them
   * @throws EmbeddingError for a vector of another width
   */
  ofVector(query: ArrayLike<number>, count: number, exclude: readonly string[] = []): Neighbour[] {
    const { vectors, units } = this
    const { width, size, words } = vectors
    if (query.length !== width) throw new EmbeddingError(`Nearest words need a vector of ${width} numbers, got ${query.length}.`)
    const unit = Float32Array.from(query)
    scaleToUnit(unit)
    const scores = new Float32Array(size)
    for (let i = 0, at = 0; i < size; i++) {
      let sum = 0
      for (let d = 0; d < width; d++, at++) sum += unit[d]! * units[at]!
      scores[i] = sum
    }
    for (const word of exclude) {
      const i = vectors.indexOf(word)
      if (i !== undefined) scores[i] = -Infinity
    }
    return largest(scores, count).map((i) => ({ word: words[i]!, similarity: scores[i]! }))
  }

  /**
   * The nearest words of a word, itself left out.
   *
   * @throws EmbeddingError for a word that has no vector
   */
  ofWord(word: string, count = 10): Neighbour[] {
    return this.ofVector(this.unit(word), count, [word])
  }

  /**
   * a is to b as c is to these words, the three left out: nearest to b − a + c, each of length 1 (3CosAdd; Mikolov, Yih and
   * Zweig 2013).
   *
   * @throws EmbeddingError for a word that has no vector
   */
  analogy(a: string, b: string, c: string, count = 10): Neighbour[] {
    const [ofA, ofB, ofC] = [this.unit(a), this.unit(b), this.unit(c)]
    return this.ofVector(ofB.map((value, d) => value - ofA[d]! + ofC[d]!), count, [a, b, c])
  }

  private unit(word: string): Float32Array {
    const { width } = this.vectors
    const i = this.vectors.indexOf(word)
    if (i === undefined) throw new EmbeddingError(`There is no vector of ${JSON.stringify(word)} among ${this.vectors.size} words.`)
    return this.units.subarray(i * width, (i + 1) * width)
  }
}

function scaleToUnit(vector: Float32Array): void {
  let squares = 0
  for (const value of vector) squares += value * value
  if (squares === 0) return
  const scale = 1 / Math.sqrt(squares)
  for (let d = 0; d < vector.length; d++) vector[d]! *= scale
}

/** The places of the largest scores, largest first, the earlier one first among equals; -Infinity is never one. */
function largest(scores: Float32Array, count: number): number[] {
  const best: number[] = []
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!
    if (score === -Infinity || (best.length === count && score <= scores[best.at(-1)!]!)) continue
    let place = best.length
    while (place > 0 && scores[best[place - 1]!]! < score) place--
    best.splice(place, 0, i)
    if (best.length > count) best.pop()
  }
  return best
}
