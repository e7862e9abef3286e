import { checkLength } from './length.js'
import { compareNegation } from './negation/compare-negation.js'
import { compareNumbers } from './numbers/compare-numbers.js'
import { findRepetition } from './repetition.js'
import { findCopiedSource } from './source-copied.js'
import type { Warning } from './warnings.js'
import { findWrongLanguage } from './wrong-language.js'

/**
 * Runs the detectors. A target that is empty, copied or in another language gets that warning and none of those that
 * compare meanings, which would follow from it.
 */
export function findWarnings(source: string, target: string, sourceLanguage?: string, targetLanguage?: string): Warning[] {
  if (!SAYS_SOMETHING.test(source)) return []
  if (!SAYS_SOMETHING.test(target)) return [{ kind: 'empty', message: 'the translation is empty' }]
  const warnings: Warning[] = []
  const share = findCopiedSource(source, target, sourceLanguage, targetLanguage)
  if (share !== undefined) {
    const message = `the source was copied: ${percent(share)} of the words are its`
    warnings.push({ kind: 'source-copied', message, share })
  }
  const language = findWrongLanguage(source, target, sourceLanguage, targetLanguage)
  if (language) {
    const { looksLike } = language
    const wanted = targetLanguage === undefined ? 'another language than the source' : languageName(targetLanguage)
    const found = looksLike === undefined ? 'it does not look like it' : `it looks like ${languageName(looksLike)}`
    warnings.push({ kind: 'wrong-language', message: `wrong language: ${wanted} was asked for, ${found}`, looksLike })
  }
  const repetition = findRepetition(source, target)
  if (repetition) {
    const message = `repetition: ${quote([repetition.phrase])} ${repetition.times} times`
    warnings.push({ kind: 'repetition', message, ...repetition })
  }
  const length = checkLength(source, target, sourceLanguage, targetLanguage)
  if (length) {
    const { kind, ratio } = length
    const message = `far too ${kind === 'too-short' ? 'short' : 'long'}: ${percent(ratio)} of the source's length`
    warnings.push({ kind, message, ratio })
  }
  if (share !== undefined || language) return warnings
  return [...warnings, ...meaningWarnings(source, target, sourceLanguage, targetLanguage)]
}

function meaningWarnings(source: string, target: string, sourceLanguage?: string, targetLanguage?: string): Warning[] {
  const warnings: Warning[] = []
  const numbers = compareNumbers(source, target, sourceLanguage, targetLanguage)
  if (numbers) warnings.push({ kind: 'number-changed', message: `number changed: ${describe(numbers)}`, ...numbers })
  const negation = compareNegation(source, target, sourceLanguage, targetLanguage)
  if (negation) {
    const { change, negators } = negation
    const side = change === 'lost' ? 'only the source has' : 'only the translation has'
    warnings.push({ kind: `negation-${change}`, message: `negation ${change}: ${side} ${quote(negators)}`, negators })
  }
  return warnings
}

function describe({ missing, extra }: { missing: readonly string[]; extra: readonly string[] }): string {
  const lost = missing.length > 0 ? [`${quote(missing)} of the source is missing`] : []
  const added = extra.length > 0 ? [`${quote(extra)} is not in the source`] : []
  return [...lost, ...added].join(', ')
}

/** The first few of some words, each cut at a length that fits on a line. */
function quote(words: readonly string[]): string {
  const quoted = words.slice(0, 5).map((word) => `"${word.length > 40 ? `${word.slice(0, 40)}…` : word}"`)
  return quoted.join(', ') + (words.length > 5 ? ', …' : '')
}

function languageName(code: string): string {
  return new Intl.DisplayNames('en', { type: 'language', fallback: 'code' }).of(code) ?? code
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`
}

const SAYS_SOMETHING = /[\p{L}\p{N}]/u
