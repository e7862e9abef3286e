import { DecodingError } from '../errors.js'

/**
 * The divisor of a hypothesis's log-probability, from its length |Y| in tokens (end-of-sentence included).
 * It must be positive and must not decrease with length: early stopping relies on that.
 */
export type LengthPenalty = (length: number) => number

/** No normalisation: hypotheses rank by log-probability, which favours short ones. */
export const noLengthPenalty: LengthPenalty = () => 1

/** |Y|^α: with α = 1 (default) hypotheses rank by average log-probability per token. α ≥ 0. */
export function averageLength(alpha = 1): LengthPenalty {
  checkAlpha(alpha)
  return (length) => length ** alpha
}

/** ((5 + |Y|) / 6)^α, α ≥ 0 (Wu et al. 2016, "Google's Neural Machine Translation System", eq. 14). */
export function gnmtLength(alpha: number): LengthPenalty {
  checkAlpha(alpha)
  return (length) => ((5 + length) / 6) ** alpha
}

function checkAlpha(alpha: number): void {
  if (!(alpha >= 0 && Number.isFinite(alpha))) {
    throw new DecodingError(`length penalty exponent must be a finite number ≥ 0, got ${alpha}`)
  }
}
