import type { CheckedTranslation } from './check-translation.js'
import { BY_LENGTH, BY_PROBABILITY } from './estimate-table.js'
import { lengthDeviation } from './length.js'

/** What a suspected catastrophe is rated at most: outputs with warnings reach a chrF of 0.3 in the mean. */
const SUSPECTED = 0.3

/**
 * Estimates the sentence chrF of a translation by logistic regression on the mean probability of its tokens and on how much
 * too short it is. (Model confidence as a quality estimate: Fomicheva et al. 2020, "Unsupervised Quality Estimation for
 * Neural Machine Translation".) The estimate rises with either.
 *
 * Without probabilities there is only the length to go by, and the estimate says little.
 */
export function estimateQuality(translation: CheckedTranslation, suspected: boolean): number {
  const { source, target, sourceLanguage, targetLanguage, tokenLogProbs } = translation
  if (source.trim() === '') return 1
  if (target.trim() === '') return 0
  const short = Math.max(-MAX_DEVIATION, Math.min(0, lengthDeviation(source, target, sourceLanguage, targetLanguage)))
  const known = tokenLogProbs !== undefined && tokenLogProbs.length > 0
  const quality = known ? byProbability(meanProbability(tokenLogProbs), short) : logistic(BY_LENGTH.bias + BY_LENGTH.shortness * short)
  return suspected ? Math.min(quality, SUSPECTED) : quality
}

/** The mean of the tokens' probabilities: in [0, 1], and not ruled by one improbable token as their geometric mean is. */
export function meanProbability(tokenLogProbs: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < tokenLogProbs.length; i++) sum += Math.exp(tokenLogProbs[i] as number)
  return sum / tokenLogProbs.length
}

function byProbability(probability: number, short: number): number {
  return logistic(BY_PROBABILITY.bias + BY_PROBABILITY.probability * probability + BY_PROBABILITY.shortness * short)
}

/** Lengths that are further off tell no more. */
const MAX_DEVIATION = 10

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x))
}
