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

/** The sentences of a line, and the clauses of those that are too long. Between them is white space only. */
export function partsOf(tokenizer: Tokenizer, line: string): Range[] {
  return splitSentences(line).flatMap((range) => splitClauses(line, range, (text) => fitsPart(tokenizer, text)))
}
