import { EmbeddingError } from '../errors.js'

/** Words with their vectors: what files of vectors hold. */
export class WordVectors {
  private readonly index: ReadonlyMap<string, number>

  /**
   * @param values (words, width) row-major, used as it is
   * @throws EmbeddingError for a word that is there twice, values of another size or that are no finite numbers
   */
  constructor(
    readonly words: readonly string[],
    readonly values: Float32Array,
    readonly width: number,
  ) {
    if (values.length !== words.length * width) {
      throw new EmbeddingError(`${words.length} words of ${width} have ${words.length * width} values, got ${values.length}.`)
    }
    const index = new Map<string, number>()
    for (const [i, word] of words.entries()) {
      if (index.has(word)) throw new EmbeddingError(`The word ${JSON.stringify(word)} is there twice, as vectors ${index.get(word)! + 1} and ${i + 1}.`)
      index.set(word, i)
    }
    const wrong = values.findIndex((value) => !Number.isFinite(value))
    if (wrong >= 0) throw new EmbeddingError(`The vector of ${JSON.stringify(words[Math.floor(wrong / width)])} holds ${values[wrong]}.`)
    this.index = index
  }

  get size(): number {
    return this.words.length
  }

  indexOf(word: string): number | undefined {
    return this.index.get(word)
  }

  /** A view of a word's vector, (width); undefined when there is none. */
  vector(word: string): Float32Array | undefined {
    const i = this.index.get(word)
    return i === undefined ? undefined : this.row(i)
  }

  /** A view of vector i. */
  row(i: number): Float32Array {
    return this.values.subarray(i * this.width, (i + 1) * this.width)
  }
}
