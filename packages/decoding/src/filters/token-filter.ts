import { pathTokens, type Path } from '../hypothesis.js'

/**
 * Forbids tokens or makes them less likely. Searches see only each row's best candidates, so a filter says how many
 * tokens it may lower and the search asks the model for that many more. Nothing is renormalised.
 */
export interface TokenFilter {
  /**
   * The largest number of different tokens that it lowers at one position.
   *
   * @param position how many tokens have been generated before (the prompt not counted)
   */
  maxLowered(position: number): number
  /** What it does to the tokens that could follow a hypothesis; undefined when nothing. */
  after(history: TokenHistory): TokenLowering | undefined
}

/** What a token's log-probability becomes: at most what it was, -Infinity to forbid the token. */
export type TokenLowering = (token: number, logProb: number) => number

/** An unfinished hypothesis, as filters see it. */
export class TokenHistory {
  readonly sentence: number
  /** How many tokens have been generated (the prompt not counted). */
  readonly length: number
  readonly #path: Path | undefined
  #tokens: Int32Array | undefined

  constructor(sentence: number, path: Path | undefined, length: number) {
    this.sentence = sentence
    this.length = length
    this.#path = path
  }

  /** The generated tokens. */
  get tokens(): Int32Array {
    return this.#tokens ??= pathTokens(this.#path, this.length)
  }
}

/** All filters as one. */
export function allFilters(filters: readonly TokenFilter[]): TokenFilter {
  if (filters.length === 1) return filters[0]!
  return {
    maxLowered: (position) => filters.reduce((sum, filter) => sum + filter.maxLowered(position), 0),
    after(history) {
      const lowerings = filters.map((filter) => filter.after(history)).filter((lower) => lower !== undefined)
      if (lowerings.length <= 1) return lowerings[0]
      return (token, logProb) => lowerings.reduce((lowered, lower) => lower(token, lowered), logProb)
    },
  }
}
