import { DecodingError } from '../errors.js'
import type { LengthPenalty } from './length-penalty.js'

/** A source position that nothing looked at counts as looked at this much, so that scores stay finite. */
const LEAST_COVERAGE = 1e-9

/** Scores the hypotheses of one sentence: the higher, the better. */
export class Ranker {
  readonly #lengthPenalty: LengthPenalty
  readonly #coveragePenalty: number
  readonly #longest: number

  /**
   * @param coveragePenalty β of the coverage penalty, ≥ 0
   * @param maxLength the greatest length a hypothesis can reach, end-of-sentence included
   * @throws DecodingError when the length penalty is not above 0 at that length
   */
  constructor(lengthPenalty: LengthPenalty, coveragePenalty: number, maxLength: number) {
    this.#lengthPenalty = lengthPenalty
    this.#coveragePenalty = coveragePenalty
    this.#longest = this.#divisor(maxLength)
  }

  /**
   * log P(Y|X) / lp(Y) + cp(X; Y) (Wu et al. 2016, eq. 14).
   *
   * @param length |Y|, end-of-sentence included
   * @param coverage (source positions) the attention each source position got, summed over the tokens of Y
   */
  score(logProb: number, length: number, coverage: Float64Array | undefined): number {
    const normalized = logProb / this.#divisor(length)
    return coverage === undefined ? normalized : normalized + this.#coveragePenalty * logCoverage(coverage)
  }

  /**
   * What no continuation of a hypothesis can exceed: log-probabilities only fall, the divisor only grows, and the
   * coverage penalty is never above 0.
   */
  bound(logProb: number): number {
    return Math.min(logProb, 0) / this.#longest
  }

  #divisor(length: number): number {
    const divisor = this.#lengthPenalty(length)
    if (!(divisor > 0)) throw new DecodingError(`the length penalty of length ${length} must be above 0, got ${divisor}`)
    return divisor
  }
}

/** Σ_i log min(Σ_j p_ij, 1) over source positions i and target positions j. */
function logCoverage(coverage: Float64Array): number {
  return coverage.reduce((sum, attention) => sum + Math.log(Math.min(Math.max(attention, LEAST_COVERAGE), 1)), 0)
}
