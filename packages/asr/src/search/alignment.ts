import type { Prefix } from './prefix.js'
import type { ScoredTokens } from './timed-tokens.js'

/** Where the best alignment of a prefix emits each token, as a list that grows at its end. */
export interface Alignment {
  readonly before: Alignment | undefined
  readonly frame: number
  /** The model's own natural-log probability of the token there. */
  readonly logProb: number
}

/** The tokens of a prefix with the times of an alignment. */
export function scoredTokens(prefix: Prefix, alignment: Alignment | undefined, score: number): ScoredTokens {
  const tokens = new Array<number>(prefix.length)
  const frames = new Array<number>(prefix.length)
  const logProbs = new Array<number>(prefix.length)
  let [last, at]: [Prefix | undefined, Alignment | undefined] = [prefix, alignment]
  for (let i = prefix.length - 1; i >= 0; i--) {
    tokens[i] = (last as Prefix).token
    frames[i] = (at as Alignment).frame
    logProbs[i] = (at as Alignment).logProb
    last = last?.before
    at = at?.before
  }
  return { tokens, frames, logProbs, score }
}
