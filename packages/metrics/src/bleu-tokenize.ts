import { splitOnSpaces } from './spaces.js'

/**
 * sacreBLEU's tokenizers of the same names, or one of one's own: `none` splits on white space only, `char` at every
 * character, `zh` at Chinese characters. What sacreBLEU calls `flores200` or `spm` are pieces of a SentencePiece model:
 * give that model's pieces under that name.
 */
export type BleuTokenizer = '13a' | 'intl' | 'zh' | 'char' | 'none' | NamedTokenizer

export interface NamedTokenizer {
  /** What the signature says after `tok:`. */
  readonly name: string
  /** The tokens of a text; none may hold white space. */
  tokenize(text: string): readonly string[]
}

/** The tokens that BLEU compares. */
export function bleuTokenize(text: string, tokenizer: BleuTokenizer): readonly string[] {
  return typeof tokenizer === 'string' ? splitOnSpaces(tokenizers[tokenizer](text)) : tokenizer.tokenize(text)
}

const tokenizers: Record<Exclude<BleuTokenizer, NamedTokenizer>, (text: string) => string> = {
  none: (text) => text,
  char: (text) => [...text].join(' '),
  /** mteval-v13a.pl of NIST, the default of WMT: punctuation apart, except periods and commas within numbers. */
  '13a': (text) =>
    separatePeriods(
      separatePunctuation(
        ` ${unescapeXml(text.replaceAll('<skipped>', '').replaceAll('-\n', '').replaceAll('\n', ' '))} `,
      ),
    ),
  /** mteval-v14.pl with --international-tokenization: by Unicode categories. */
  intl: (text) =>
    text
      .replaceAll(/(\P{N})(\p{P})/gu, '$1 $2 ')
      .replaceAll(/(\p{P})(\P{N})/gu, ' $1 $2')
      .replaceAll(/(\p{S})/gu, ' $1 '),
  zh: (text) => separatePeriods(separatePunctuation(text.trim().replaceAll(CHINESE, ' $& '))),
}

/**
 * What sacreBLEU counts as Chinese: ideographs of the basic plane, radicals, strokes, Bopomofo, full-width and enclosed
 * forms, and, as its ranges are written, all from U+2001 to U+2A6D, so that typographic quotation marks are parted too.
 */
const CHINESE = new RegExp(
  '[\\u2001-\\u2a6d\\u2e80-\\u2fdf\\u2ff0-\\u303f\\u3100-\\u312f\\u31a0-\\u31bf\\u31c0-\\u31ef\\u3200-\\u4db5' +
    '\\u4e00-\\u9fbb\\uf900-\\ufa2d\\ufa30-\\ufa6a\\ufa70-\\ufad9\\ufe10-\\ufe1f\\ufe30-\\ufe4f\\uff00-\\uffef]',
  'gu',
)

/** Space around ASCII punctuation, but for apostrophes, commas, hyphens and periods. */
export function separatePunctuation(text: string): string {
  return text.replaceAll(/([{-~[-` -&(-+:-@/])/gu, ' $1 ')
}

/** Space around periods and commas that are not between digits, and around hyphens after digits. */
export function separatePeriods(text: string): string {
  return text
    .replaceAll(/([^0-9])([.,])/gu, '$1 $2 ')
    .replaceAll(/([.,])([^0-9])/gu, ' $1 $2')
    .replaceAll(/([0-9])(-)/gu, '$1 $2 ')
}

export function unescapeXml(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>')
}
