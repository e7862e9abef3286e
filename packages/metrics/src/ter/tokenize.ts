import { separatePeriods, separatePunctuation, unescapeXml } from '../bleu-tokenize.js'
import { splitOnSpaces } from '../spaces.js'

/** How tercom (Snover et al. 2006) and sacreBLEU prepare a sentence. */
export interface TerOptions {
  /** Part punctuation from words. Default false. */
  readonly normalized?: boolean
  /** Remove punctuation. Default false. */
  readonly noPunctuation?: boolean
  /** Treat Chinese characters and kanji as words, and what of the above concerns Asian punctuation. Default false. */
  readonly asianSupport?: boolean
  /** Default false: all is compared in lower case. */
  readonly caseSensitive?: boolean
}

/** The words that TER compares. */
export function terTokenize(text: string, options: TerOptions = {}): string[] {
  const { normalized = false, noPunctuation = false, asianSupport = false, caseSensitive = false } = options
  let prepared = caseSensitive ? text : text.toLowerCase()
  if (normalized) {
    prepared = normalizeWestern(prepared)
    if (asianSupport) prepared = normalizeAsian(prepared)
  }
  if (noPunctuation) {
    prepared = prepared.replaceAll(/[.,?:;!"()]/gu, '')
    if (asianSupport) prepared = prepared.replaceAll(ASIAN_PUNCTUATION, '').replaceAll(FULL_WIDTH_PUNCTUATION, '')
  }
  return splitOnSpaces(prepared)
}

const ASIAN_PUNCTUATION = /[\u3001\u3002\u3008-\u3011\u3014-\u301f\uff61-\uff65\u30fb]/gu
const FULL_WIDTH_PUNCTUATION = /[\uff0e\uff0c\uff1f\uff1a\uff1b\uff01\uff02\uff08\uff09]/gu

function normalizeWestern(text: string): string {
  const joined = unescapeXml(` ${text} `.replaceAll('\n-', '').replaceAll('\n', ' '))
  return separatePeriods(separatePunctuation(joined).replaceAll("'s ", " 's "))
}

/** Ideographs, radicals, strokes and compatibility forms are words of their own. */
const CHARACTERS = [
  /([\u4e00-\u9fff\u3400-\u4dbf])/gu,
  /([\u31c0-\u31ef\u2e80-\u2eff])/gu,
  /([\u3300-\u33ff\uf900-\ufaff\ufe30-\ufe4f])/gu,
]

/** Hiragana, katakana and its extensions. Tercom meant to part them from what is beside; this is what it does. */
const KANA = [
  /(^|^[\u3040-\u309f])([\u3040-\u309f]+)(?=$|^[\u3040-\u309f])/gu,
  /(^|^[\u30a0-\u30ff])([\u30a0-\u30ff]+)(?=$|^[\u30a0-\u30ff])/gu,
  /(^|^[\u31f0-\u31ff])([\u31f0-\u31ff]+)(?=$|^[\u31f0-\u31ff])/gu,
]

function normalizeAsian(text: string): string {
  let parted = text
  for (const pattern of CHARACTERS) parted = parted.replaceAll(pattern, ' $1 ')
  for (const pattern of KANA) parted = parted.replaceAll(pattern, '$1 $2 ')
  return parted.replaceAll(ASIAN_PUNCTUATION, ' $& ').replaceAll(FULL_WIDTH_PUNCTUATION, ' $& ')
}
