import type { TokenHistory } from '../filters/token-filter.js'

/**
 * What a sentence must begin with when that is more than one list of tokens: a text, for example, whose last word may be
 * only the first letters of one, so that several tokens can follow it.
 */
export interface Beginning {
  /** The most tokens that it takes. */
  readonly length: number
  /**
   * The tokens that may come next, at least one, each once; undefined when the beginning is complete.
   *
   * @param history what has been generated, all of it tokens that were allowed
   */
  after(history: TokenHistory): readonly number[] | undefined
}

export function isBeginning(prefix: ArrayLike<number> | Beginning): prefix is Beginning {
  return 'after' in prefix
}

/** These tokens first. */
export function tokensFirst(tokens: ArrayLike<number>): Beginning {
  return {
    length: tokens.length,
    after: ({ length }) => (length < tokens.length ? [tokens[length]!] : undefined),
  }
}
