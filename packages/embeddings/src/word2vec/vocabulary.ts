import { EmbeddingError } from '../errors.js'
import { END_OF_SENTENCE } from '../text/words.js'

export interface VocabularyOptions {
  /** Words that are rarer are left out. Default 5. */
  readonly minCount?: number
  /** The most frequent ones are kept. Default: all. */
  readonly maxSize?: number
}

/**
 * The words of a model: row i of its tables is word i. Word 0 is the end of a sentence, `</s>`; a new vocabulary lists
 * the others by falling count.
 */
export class Vocabulary {
  /** All words, by their counts: tokens of the corpus that are in the vocabulary. */
  readonly total: number
  private readonly index: ReadonlyMap<string, number>

  /** @throws EmbeddingError for a word that is there twice, or a first one that is not `</s>`. */
  constructor(
    readonly words: readonly string[],
    readonly counts: readonly number[],
  ) {
    this.index = new Map(words.map((word, i) => [word, i]))
    if (words[0] !== END_OF_SENTENCE || counts.length !== words.length || this.index.size !== words.length) {
      throw new EmbeddingError(`A vocabulary is ${END_OF_SENTENCE} and different words, each with a count.`)
    }
    this.total = counts.reduce((sum, count) => sum + count, 0)
  }

  get size(): number {
    return this.words.length
  }

  /** The number of a word; undefined when it is not there. */
  indexOf(word: string): number | undefined {
    return this.index.get(word)
  }

  /** Chooses words by count, ties in the order given. Counts of 0 are never taken, `</s>` always is. */
  static of(words: readonly string[], counts: readonly number[], options: VocabularyOptions = {}): Vocabulary {
    const chosen = chooseWords(words, counts, options)
    const other = (place: number) => words[place]!
    const end = words.indexOf(END_OF_SENTENCE)
    return new Vocabulary(
      [END_OF_SENTENCE, ...chosen.map(other)],
      [end < 0 ? 0 : counts[end]!, ...chosen.map((place) => counts[place]!)],
    )
  }

  /**
   * The vocabulary with what another corpus holds: its counts are added, and its words that are new follow.
   *
   * @param options applied to the new words alone; `maxSize` counts all
   */
  extended(words: readonly string[], counts: readonly number[], { minCount = 5, maxSize = Infinity }: VocabularyOptions = {}): Vocabulary {
    const added = this.counts.slice()
    const fresh: number[] = []
    for (const [place, word] of words.entries()) {
      const known = this.index.get(word)
      if (known === undefined) fresh.push(place)
      else added[known]! += counts[place]!
    }
    const chosen = chooseWords(fresh.map((place) => words[place]!), fresh.map((place) => counts[place]!), {
      minCount,
      maxSize: Math.max(1, maxSize - this.size + 1),
    }).map((i) => fresh[i]!)
    return new Vocabulary(
      [...this.words, ...chosen.map((place) => words[place]!)],
      [...added, ...chosen.map((place) => counts[place]!)],
    )
  }
}

/** The places of the words that are kept, most frequent first, without `</s>`. */
function chooseWords(words: readonly string[], counts: readonly number[], options: VocabularyOptions): number[] {
  const { minCount = 5, maxSize = Infinity } = options
  const least = Math.max(1, minCount)
  return Array.from(words.keys())
    .filter((place) => counts[place]! >= least && words[place] !== END_OF_SENTENCE)
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, Math.max(0, maxSize - 1))
}
