import { EmbeddingError } from '../errors.js'

const encoder = new TextEncoder()

/** FNV-1a. */
function hashOf(word: string): number {
  let h = 2_166_136_261
  for (const byte of encoder.encode(word)) h = Math.imul(h ^ byte, 16_777_619)
  return h
}

/**
 * Names of rows: words and labels by number; rows of hashed n-grams of words follow them (Weinberger et al. 2009). Words
 * that were left out have no row, but are parts of n-grams.
 */
export class Features {
  private readonly index: ReadonlyMap<string, number>
  private readonly hashes = new Map<string, number>()

  /**
   * @param names words and labels, row by row
   * @param ngrams longest n-gram; 1: none
   * @throws EmbeddingError for a name that is there twice
   */
  constructor(
    readonly names: readonly string[],
    private readonly ngrams: number,
    private readonly buckets: number,
  ) {
    this.index = new Map(names.map((name, row) => [name, row]))
    if (this.index.size !== names.length) throw new EmbeddingError('A name of a feature is there twice.')
  }

  /** Rows of names and n-grams. */
  get rows(): number {
    return this.names.length + (this.ngrams > 1 ? this.buckets : 0)
  }

  rowOf(name: string): number | undefined {
    return this.index.get(name)
  }

  /** The rows of a text: of its known words, then of its n-grams. */
  of(words: readonly string[]): number[] {
    const rows: number[] = []
    for (const word of words) {
      const row = this.index.get(word)
      if (row !== undefined) rows.push(row)
    }
    if (this.ngrams === 1) return rows
    const hashes = words.map((word) => this.hash(word))
    for (let i = 0; i < words.length; i++) {
      let h = hashes[i]!
      for (let j = i + 1; j < Math.min(words.length, i + this.ngrams); j++) {
        h = Math.imul(h, 116_049_371) + hashes[j]!
        rows.push(this.names.length + ((h ^ (h >>> 15)) >>> 0) % this.buckets)
      }
    }
    return rows
  }

  private hash(word: string): number {
    let hash = this.hashes.get(word)
    if (hash === undefined) {
      hash = hashOf(word)
      if (this.hashes.size > MOST_HASHES) this.hashes.clear()
      this.hashes.set(word, hash)
    }
    return hash
  }
}

/** Of words, kept for when they come again. */
const MOST_HASHES = 1 << 18
