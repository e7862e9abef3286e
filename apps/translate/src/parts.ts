import { MAX_SOURCE_TOKENS, type Translator } from '@parlance/translation'
import { type Range, splitClauses, splitSentences } from '@parlance/translation/text'

/** Tokens of a part of a line at most: longer sentences are rare in what translators learn from. */
const MAX_PART_TOKENS = 128

/** Bytes that one token stands for at most, roughly: a text of more bytes a token is too long without counting. */
const MAX_TOKEN_BYTES = 16

type Tokenizer = Translator['tokenizer']

/** Whether a text has at most `limit` tokens. Vocabularies of bytes have no more tokens than bytes. */
function hasAtMost(tokenizer: Tokenizer, text: string, limit: number): boolean {
  if (text.length > limit * MAX_TOKEN_BYTES) return false
  return Buffer.byteLength(text) < limit || tokenizer.encode(text).length <= limit
}

/** Whether a text is short enough for a part. */
export function fitsPart(tokenizer: Tokenizer, text: string): boolean {
  return hasAtMost(tokenizer, text, MAX_PART_TOKENS)
}

/** Whether a line is so long that a translator would cut it; room is left for a language tag and the end token. */
export function isCut(tokenizer: Tokenizer, text: string): boolean {
  return !hasAtMost(tokenizer, text, MAX_SOURCE_TOKENS - 4)
}

/** A "word" so long is data, not text: it stays as it is. Scripts without spaces have marks between clauses. */
const DATA = /[^\s。！？；，、]{400,}/gu

/**
 * The sentences of a line, and the clauses of those that are too long. What lies between them, white space and words
 * that no language has, stays as it is.
 */
export function partsOf(tokenizer: Tokenizer, line: string): Range[] {
  const parts: Range[] = []
  const add = (from: number, to: number): void => {
    for (const { start, end } of splitSentences(line.slice(from, to))) {
      parts.push(...splitClauses(line, { start: from + start, end: from + end }, (text) => fitsPart(tokenizer, text)))
    }
  }
  let at = 0
  for (const { 0: data, index } of line.matchAll(DATA)) {
    add(at, index)
    at = index + data.length
  }
  add(at, line.length)
  return parts
}
