import { CtcPrefixes } from './ctc-prefix.js'
import type { ScoredTokens } from './timed-tokens.js'

/**
 * Hypotheses in the order of (1 − λ) · score + λ · ln P(tokens) of a CTC, all of its alignments summed: a second opinion that
 * leaves out less, since CTC does not depend on what was said before (as in one pass: Sudo et al. 2023, "4D ASR").
 *
 * @param hypotheses at least one
 * @param logProbs of CTC, (frames, vocabSize)
 */
export function ctcRescored(
  hypotheses: readonly ScoredTokens[],
  logProbs: Float32Array,
  { vocabSize, blank, ctcWeight }: { vocabSize: number; blank: number; ctcWeight: number },
): ScoredTokens[] {
  if (logProbs.length === 0) return [...hypotheses]
  const prefixes = new CtcPrefixes(logProbs, vocabSize, blank)
  const whole = (tokens: readonly number[]): number => tokens.reduce((prefix, token) => prefixes.extended(prefix, token), prefixes.start()).whole
  return hypotheses
    .map((one) => ({ ...one, score: (1 - ctcWeight) * one.score + ctcWeight * whole(one.tokens) }))
    .sort((a, b) => b.score - a.score)
}
