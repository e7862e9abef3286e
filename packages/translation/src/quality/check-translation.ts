import { estimateQuality } from './estimate.js'
import { findWarnings } from './find-warnings.js'
import type { Warning } from './warnings.js'

export interface CheckedTranslation {
  readonly source: string
  readonly target: string
  /**
   * Primary language subtags: `en`, `de`, `fr`. Without them, or in other languages, number words, negation and the
   * target's language are not compared, and lengths only coarsely.
   */
  readonly sourceLanguage?: string | undefined
  readonly targetLanguage?: string | undefined
  /** (tokens) natural-log probabilities of the target's tokens, the end token included: they make the estimate a good one. */
  readonly tokenLogProbs?: ArrayLike<number> | undefined
}

export interface TranslationCheck {
  /** Estimated sentence chrF of the translation, in [0, 1]. */
  readonly quality: number
  /** Suspected catastrophes. */
  readonly warnings: readonly Warning[]
}

/**
 * Judges a translation without a reference: how good it probably is, and whether it is one of the failures that a reader
 * without the source language would not notice (number changed, negation lost, another language, …).
 *
 * A warning is a suspicion: see the README for how many are right.
 */
export function checkTranslation(translation: CheckedTranslation): TranslationCheck {
  const { source, target, sourceLanguage, targetLanguage } = translation
  const warnings = findWarnings(source, target, sourceLanguage, targetLanguage)
  return { quality: estimateQuality(translation, warnings.length > 0), warnings }
}
