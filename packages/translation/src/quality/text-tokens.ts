/**
 * Tokens of a text as the detectors want them: lower-cased words with the apostrophes inside them, numerals with their
 * separators and colons, and every other visible character by itself. Typographic apostrophes become plain ones.
 */
export function textTokens(text: string): string[] {
  return plainText(text).match(TOKEN) ?? []
}

/** The words among `tokens`. */
export function wordsOf(tokens: readonly string[]): string[] {
  return tokens.filter(isWord)
}

export function isWord(token: string): boolean {
  return LETTER.test(token)
}

function plainText(text: string): string {
  return text.normalize('NFC').toLowerCase().replace(/[’‘ʼ´`]/g, "'")
}

const LETTER = /^\p{L}/u

/** A space inside a numeral groups thousands. */
const TOKEN = /\d{1,3}(?:[ \u00A0\u202F']\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,:]\d+)*|\p{L}[\p{L}\p{M}]*(?:'\p{L}[\p{L}\p{M}]*)*'?|\S/gu
