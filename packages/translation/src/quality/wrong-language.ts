import { identifyLanguage, scoreLanguages } from './language/identify.js'
import { capitalised } from './names.js'

export interface LanguageFinding {
  /** What the text looks like; undefined when like none of the known languages. */
  readonly looksLike: string | undefined
}

/** Bits by which another language must be more probable than the one that was asked for; in a few trigrams, and in more. */
const SHORT_MARGIN_BITS = 6
const MARGIN_BITS = 2.5

/** Bits per trigram below which a text of at least `LEGIBLE_TRIGRAMS` is not in the language: human text has −9.5 ± 1. */
const ILLEGIBLE_BITS = -12.8
const LEGIBLE_TRIGRAMS = 10

/**
 * Whether a translation is in another language than it should be. Names that stand in the source too count for nothing.
 * Only languages with a trigram table are known; without one for the language that was asked for, or when none was
 * named, a target is wrong only if it is plainly in the source's language.
 */
export function findWrongLanguage(
  source: string,
  target: string,
  sourceLanguage: string | undefined,
  targetLanguage: string | undefined,
): LanguageFinding | undefined {
  const text = withoutSharedNames(source, target)
  const { trigrams, bits } = scoreLanguages(text)
  if (trigrams === 0) return undefined
  const wanted = bits.get(targetLanguage ?? '')
  if (wanted === undefined) {
    const from = sourceLanguage ?? identifyLanguage(source)
    if (from === undefined || from === targetLanguage) return undefined
    const legible = trigrams >= LEGIBLE_TRIGRAMS && (bits.get(from) ?? -Infinity) > ILLEGIBLE_BITS * trigrams
    return legible && identifyLanguage(text, SHORT_MARGIN_BITS) === from ? { looksLike: from } : undefined
  }
  const [best, most] = [...bits].reduce((a, b) => (b[1] > a[1] ? b : a))
  const illegible = trigrams >= LEGIBLE_TRIGRAMS && wanted < ILLEGIBLE_BITS * trigrams
  const margin = trigrams < LEGIBLE_TRIGRAMS ? SHORT_MARGIN_BITS : MARGIN_BITS
  if (most - wanted > margin) return { looksLike: most > ILLEGIBLE_BITS * trigrams ? best : undefined }
  return illegible ? { looksLike: undefined } : undefined
}

function withoutSharedNames(source: string, target: string): string {
  const names = capitalised(source)
  return target.replace(/\p{L}[\p{L}\p{M}]*/gu, (word) => (names.has(word) ? ' ' : word))
}
