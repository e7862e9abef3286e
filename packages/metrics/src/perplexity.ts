import { MetricError } from './error.js'

/** What the denominators of `perplexity` count; leave out what is not known. */
export interface PerplexityCounts {
  /** Predictions made: one for each scored token. */
  readonly tokens: number
  /** Words, by `countWords` or, for the figures published on WikiText, `countWordsWithEos`. */
  readonly words?: number
  /** UTF-8 bytes of the scored text (`countBytes`). */
  readonly bytes?: number
  /** Code points of the scored text (`countCharacters`). */
  readonly characters?: number
}

export interface Perplexity {
  /** Summed negative log-likelihood in nats. */
  readonly nll: number
  readonly tokens: number
  /** exp(nll / tokens): comparable only between models with the same tokens. */
  readonly perplexity: number
  /** exp(nll / words). */
  readonly wordPerplexity?: number
  /** nll / (ln 2 · bytes): comparable whatever the tokenizer. */
  readonly bitsPerByte?: number
  /** nll / (ln 2 · characters). */
  readonly bitsPerCharacter?: number
}

/**
 * Perplexity and its kin from a summed negative log-likelihood (nats) over a whole text. Each denominator that is
 * given yields its figure. Sum likelihoods first and divide once: a mean of means is another number.
 *
 * Throws a `MetricError` if `nll` is not finite or a count is not a positive integer.
 */
export function perplexity(nll: number, counts: PerplexityCounts): Perplexity {
  if (!Number.isFinite(nll)) throw new MetricError(`nll must be a finite number of nats, got ${nll}`)
  const { words, bytes, characters } = counts
  const tokens = positive(counts.tokens, 'tokens')
  return {
    nll,
    tokens,
    perplexity: Math.exp(nll / tokens),
    ...(words !== undefined && { wordPerplexity: Math.exp(nll / positive(words, 'words')) }),
    ...(bytes !== undefined && { bitsPerByte: nll / Math.LN2 / positive(bytes, 'bytes') }),
    ...(characters !== undefined && { bitsPerCharacter: nll / Math.LN2 / positive(characters, 'characters') }),
  }
}

function positive(count: number, name: string): number {
  if (Number.isInteger(count) && count > 0) return count
  throw new MetricError(`${name} must be a positive integer, got ${count}`)
}
