import { EmbeddingError } from '../errors.js'
import { linesOf, type Texts } from './read-texts.js'
import { END_OF_SENTENCE, wordsOf } from './words.js'

export interface PhraseOptions {
  /** Words and pairs that are rarer make no phrase; also δ of the score. Default 5. */
  readonly minCount?: number
  /** The score above which two words are one. Default 100. */
  readonly threshold?: number
}

/**
 * Two words that come together oftener than each alone would have it, score (count(ab) − δ) / (count(a) count(b)) × words
 * (Mikolov, Sutskever, Chen, Corrado and Dean 2013, equation 6, scaled as word2phrase.c does).
 */
export class Phrases {
  private constructor(
    private readonly counts: ReadonlyMap<string, number>,
    private readonly words: number,
    private readonly minCount: number,
    private readonly threshold: number,
  ) {}

  /**
   * Counts words and pairs of neighbours.
   *
   * @throws EmbeddingError for more than about 16 million different words and pairs; what the texts throw
   */
  static async learn(texts: Texts, { minCount = 5, threshold = 100 }: PhraseOptions = {}): Promise<Phrases> {
    const counts = new Map<string, number>()
    let total = 0
    const add = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1)
    for await (const { line } of linesOf(texts())) {
      let previous: string | undefined
      for (const word of wordsOf(line)) {
        total++
        add(word)
        if (previous !== undefined) add(`${previous} ${word}`)
        previous = word
      }
      if (counts.size > MOST_COUNTED) {
        throw new EmbeddingError(`The texts have more than ${MOST_COUNTED} different words and pairs: learn phrases from a part of them.`)
      }
    }
    return new Phrases(counts, total, minCount, threshold)
  }

  /** The score of two words in this order; 0 where a word, or the pair, is too rare. */
  score(first: string, second: string): number {
    const { counts, minCount, words } = this
    const [a, b, ab] = [counts.get(first) ?? 0, counts.get(second) ?? 0, counts.get(`${first} ${second}`) ?? 0]
    return a < minCount || b < minCount || ab < minCount ? 0 : ((ab - minCount) / a / b) * words
  }

  /** A line with phrases joined by `_`, from left to right; a phrase of three takes a second pass. */
  join(line: string): string {
    const joined: string[] = []
    let open = false
    for (const word of wordsOf(line)) {
      const before = joined.at(-1)
      if (open && before !== END_OF_SENTENCE && this.score(before!, word) > this.threshold) {
        joined[joined.length - 1] = `${before}_${word}`
        open = false
      } else {
        joined.push(word)
        open = true
      }
    }
    return joined.join(' ')
  }

  /** Texts with their phrases joined. */
  joined(texts: Texts): Texts {
    const join = (line: string) => this.join(line)
    return async function* () {
      for await (const { line, ended } of linesOf(texts())) yield `${join(line)}${ended ? '\n' : ' '}`
    }
  }
}

/** A Map ends at 2^24. */
const MOST_COUNTED = 16_000_000

/** Texts with phrases joined in so many passes, each of which may join those of the one before. */
export async function joinPhrases(texts: Texts, passes: number, options: PhraseOptions = {}): Promise<Texts> {
  let joined = texts
  for (let pass = 0; pass < passes; pass++) joined = (await Phrases.learn(joined, options)).joined(joined)
  return joined
}
