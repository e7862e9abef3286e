import { DecodingError } from '../errors.js'
import { forbid } from './suppress.js'
import type { TokenFilter } from './token-filter.js'

/**
 * Never generates an n-gram twice in one hypothesis (Paulus et al. 2018, "A Deep Reinforced Model for Abstractive
 * Summarization"; they use 3). With `size` 1 no token repeats. Prompts do not count.
 */
export function noRepeatNgrams(size: number): TokenFilter {
  if (!(Number.isInteger(size) && size >= 1)) {
    throw new DecodingError(`the size of n-grams that may not repeat must be a positive integer, got ${size}`)
  }
  return {
    // One n-gram ends at each position from `size - 1` on.
    maxLowered: (position) => Math.max(0, position - size + 1),
    after({ length, tokens }) {
      const banned = new Set<number>()
      const last = length - size + 1
      for (let start = 0; start < last; start++) {
        let same = 0
        while (same < size - 1 && tokens[start + same] === tokens[last + same]) same++
        if (same === size - 1) banned.add(tokens[start + size - 1]!)
      }
      return banned.size > 0 ? forbid(banned) : undefined
    },
  }
}

/**
 * Multiplies the log-probabilities of tokens that the hypothesis has already by `penalty` ≥ 1. Keskar et al. (2019,
 * "CTRL", section 4.1, with 1.2) divide logits, which shifting by a constant would change; a log-probability is the
 * logit that is always negative, so that a penalty always lowers.
 */
export function repetitionPenalty(penalty: number): TokenFilter {
  if (!(penalty >= 1 && Number.isFinite(penalty))) {
    throw new DecodingError(`the repetition penalty must be a finite number ≥ 1, got ${penalty}`)
  }
  return {
    maxLowered: (position) => position,
    after({ tokens }) {
      const seen = new Set(tokens)
      return (token, logProb) => (seen.has(token) ? Math.min(logProb, logProb * penalty) : logProb)
    },
  }
}
