import { EmbeddingError } from '../errors.js'
import { ExactIndex, type SearchIndex } from './search-index.js'
import { scaleToUnit } from './unit-rows.js'
import type { WordVectors } from './word-vectors.js'

/** A word and its cosine with what was asked for. */
export interface Neighbour {
  readonly word: string
  readonly similarity: number
}

/** Nearest words by cosine. */
export class NearestWords {
  /** @param index of the vectors; default: exact search */
  constructor(
    private readonly vectors: WordVectors,
    private readonly index: SearchIndex = new ExactIndex(vectors),
  ) {}

  /**
   * The nearest words of a vector, nearest first.
   *
   * @param query (width)
   * @param exclude words that are not to be among them
   * @throws EmbeddingError for a vector of another width
   */
  ofVector(query: ArrayLike<number>, count: number, exclude: readonly string[] = []): Neighbour[] {
    const { vectors, index } = this
    if (query.length !== vectors.width) throw new EmbeddingError(`Nearest words need a vector of ${vectors.width} numbers, got ${query.length}.`)
    const unit = Float32Array.from(query)
    scaleToUnit(unit)
    const left = new Set(exclude.map((word) => vectors.indexOf(word)))
    return index
      .search(unit, Math.min(vectors.size, count + left.size))
      .filter(({ row }) => !left.has(row))
      .slice(0, count)
      .map(({ row, similarity }) => ({ word: vectors.words[row]!, similarity }))
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
    const vector = this.vectors.vector(word)
    if (!vector) throw new EmbeddingError(`There is no vector of ${JSON.stringify(word)} among ${this.vectors.size} words.`)
    const unit = vector.slice()
    scaleToUnit(unit)
    return unit
  }
}
