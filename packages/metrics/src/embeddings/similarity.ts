import { MetricError } from '../error.js'
import { spearman } from '../rank-correlation.js'
import { cosine } from './vectors.js'

/** Two words and how similar people find them, on any scale. */
export interface RatedPair {
  readonly first: string
  readonly second: string
  readonly rating: number
}

/**
 * Reads a file of ratings: two words and a number a line, separated by tabs, spaces or commas. Lines that begin with `#`
 * and empty ones are nothing.
 *
 * @throws MetricError that names the line
 */
export function parseRatedPairs(text: string, name = 'ratings'): RatedPair[] {
  const pairs: RatedPair[] = []
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const fields = line.trim().split(/[\t ,;]+/)
    const [first, second, number] = fields
    const rating = Number(number)
    if (fields.length !== 3 || !Number.isFinite(rating)) {
      throw new MetricError(`${name}, line ${i + 1}: expected two words and a number, got ${JSON.stringify(line)}`)
    }
    pairs.push({ first: first!, second: second!, rating })
  }
  if (pairs.length === 0) throw new MetricError(`${name}: holds no pairs of words`)
  return pairs
}

export interface SimilarityOptions {
  /**
   * What a pair with a word that has no vector does: `skip` leaves it out, `zero` counts its similarity as 0 (what a zero
   * vector would get). Default skip.
   */
  readonly outOfVocabulary?: 'skip' | 'zero'
}

export interface WordSimilarity {
  /** Spearman's ρ of cosines and ratings over the pairs that count. NaN with fewer than two of them. */
  readonly spearman: number
  readonly pairs: number
  /** Pairs of which both words have vectors. */
  readonly covered: number
  /** The conventions: `spearman|cosine|oov:skip`. */
  readonly signature: string
}

/**
 * How well cosines of word vectors rank pairs as people do.
 *
 * @param vector of a word; undefined where there is none
 * @throws MetricError for no pairs
 */
export function wordSimilarity(
  vector: (word: string) => Float32Array | undefined,
  pairs: readonly RatedPair[],
  { outOfVocabulary = 'skip' }: SimilarityOptions = {},
): WordSimilarity {
  if (pairs.length === 0) throw new MetricError('word similarity needs pairs, got none')
  const ratings: number[] = []
  const cosines: number[] = []
  let covered = 0
  for (const { first, second, rating } of pairs) {
    const [a, b] = [vector(first), vector(second)]
    if (a && b) covered++
    else if (outOfVocabulary === 'skip') continue
    ratings.push(rating)
    cosines.push(a && b ? cosine(a, b) : 0)
  }
  return {
    spearman: ratings.length < 2 ? Number.NaN : spearman(cosines, ratings),
    pairs: pairs.length,
    covered,
    signature: `spearman|cosine|oov:${outOfVocabulary}`,
  }
}
