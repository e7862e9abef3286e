import { DecodingError } from '../errors.js'
import type { TokenFilter, TokenLowering } from './token-filter.js'

/** Never generates the given tokens. */
export function suppressTokens(tokens: Iterable<number>): TokenFilter {
  const suppressed = new Set(tokens)
  // Who draws from a whole vocabulary asks about every token of it.
  const table = new Uint8Array(Math.max(-1, ...suppressed) + 1)
  for (const token of suppressed) table[token] = 1
  const lower: TokenLowering = (token, logProb) => (table[token] === 1 ? -Infinity : logProb)
  return { maxLowered: () => suppressed.size, after: () => lower }
}

/** Does not let a hypothesis end before it has `length` tokens (end-of-sentence not counted). */
export function minLength(length: number, eos: number | readonly number[]): TokenFilter {
  if (!(Number.isInteger(length) && length >= 0)) {
    throw new DecodingError(`minimum length must be an integer ≥ 0, got ${length}`)
  }
  const ends = new Set(typeof eos === 'number' ? [eos] : eos)
  const lower = forbid(ends)
  return {
    maxLowered: (position) => (position < length ? ends.size : 0),
    after: (history) => (history.length < length ? lower : undefined),
  }
}

/** Lowers the tokens of a set to impossibility. */
export function forbid(tokens: ReadonlySet<number>): TokenLowering {
  return (token, logProb) => (tokens.has(token) ? -Infinity : logProb)
}
