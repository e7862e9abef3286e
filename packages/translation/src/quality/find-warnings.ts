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
    warnings.push({ kind: 'source-copied', message: `the source was copied: ${percent(share)} of the words are its`, share })
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
    warnings.push({ kind: 'repetition', message: `repetition: "${repetition.phrase}" ${repetition.times} times`, ...repetition })
  }
  const length = checkLength(source, target, sourceLanguage, targetLanguage)
  if (length) {
    const { kind, ratio } = length
    warnings.push({ kind, message: `far too ${kind === 'too-short' ? 'short' : 'long'}: ${percent(ratio)} of the source's length`, ratio })
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
    warnings.push({ kind: `negation-${change}`, message: `negation ${change}: ${side} "${negators.join('", "')}"`, negators })
  }
  return warnings
}

function describe({ missing, extra }: { missing: readonly string[]; extra: readonly string[] }): string {
  const lost = missing.length > 0 ? [`"${missing.join('", "')}" of the source is missing`] : []
  const added = extra.length > 0 ? [`"${extra.join('", "')}" is not in the source`] : []
  return [...lost, ...added].join(', ')
}

function languageName(code: string): string {
  return NAMES.of(code) ?? code
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`
}

const NAMES = new Intl.DisplayNames('en', { type: 'language', fallback: 'code' })
const SAYS_SOMETHING = /[\p{L}\p{N}]/u
