import { DecodingError } from './errors.js'

/**
 * Forbids tokens. Searches see only each row's best candidates, so a filter says how many it may reject
 * and the search asks the model for that many more. Log-probabilities are not renormalised.
 */
export interface TokenFilter {
  /** The largest number of different tokens that it rejects at any one position. */
  readonly maxRejected: number
  /** @param position how many tokens have been generated before this one (the prompt not counted) */
  allows(token: number, position: number): boolean
}

/** Never generates the given tokens. */
export function suppressTokens(tokens: Iterable<number>): TokenFilter {
  const suppressed = new Set(tokens)
  return { maxRejected: suppressed.size, allows: (token) => !suppressed.has(token) }
}

/** Does not let a hypothesis end before it has `length` tokens (end-of-sentence not counted). */
export function minLength(length: number, eos: number | readonly number[]): TokenFilter {
  if (!(Number.isInteger(length) && length >= 0)) {
    throw new DecodingError(`minimum length must be an integer ≥ 0, got ${length}`)
  }
  const ends = new Set(typeof eos === 'number' ? [eos] : eos)
  return { maxRejected: ends.size, allows: (token, position) => position >= length || !ends.has(token) }
}
