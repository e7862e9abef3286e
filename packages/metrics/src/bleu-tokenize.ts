import { splitOnSpaces } from './spaces.js'

/** sacreBLEU's tokenizers of the same names: `none` splits on white space only. */
export type BleuTokenizer = '13a' | 'intl' | 'char' | 'none'

/** The tokens that BLEU compares. */
export function bleuTokenize(text: string, tokenizer: BleuTokenizer): string[] {
  return splitOnSpaces(tokenizers[tokenizer](text))
}

const tokenizers: Record<BleuTokenizer, (text: string) => string> = {
  none: (text) => text,
  char: (text) => [...text].join(' '),
  /** mteval-v13a.pl of NIST, the default of WMT: punctuation apart, except periods and commas within numbers. */
  '13a': (text) =>
    ` ${unescape(text.replaceAll('<skipped>', '').replaceAll('-\n', '').replaceAll('\n', ' '))} `
      .replaceAll(/([{-~[-` -&(-+:-@/])/gu, ' $1 ')
      .replaceAll(/([^0-9])([.,])/gu, '$1 $2 ')
      .replaceAll(/([.,])([^0-9])/gu, ' $1 $2')
      .replaceAll(/([0-9])(-)/gu, '$1 $2 '),
  /** mteval-v14.pl with --international-tokenization: by Unicode categories. */
  intl: (text) =>
    text
      .replaceAll(/(\P{N})(\p{P})/gu, '$1 $2 ')
      .replaceAll(/(\p{P})(\P{N})/gu, ' $1 $2')
      .replaceAll(/(\p{S})/gu, ' $1 '),
}

function unescape(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>')
}
