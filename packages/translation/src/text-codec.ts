import type { Tokenizer } from '@parlance/tokenizer'
import { END, SPECIAL_TOKENS } from './special-tokens.js'

/** Cuts special tokens that stand in a text in two, so that they are translated as the text that they are. */
const INSIDE_SPECIAL = /(?<=<)(?=s>|pad>|\/s>|unk>|bt>|2[A-Za-z][\w-]*>)/u

/**
 * The tokens of one line, without any special token. The line gets a space in front, so that its first word has the
 * tokens that it has elsewhere.
 */
export function encodeText(tokenizer: Tokenizer, line: string): Int32Array {
  const parts = ` ${line}`.split(INSIDE_SPECIAL)
  if (parts.length === 1) return tokenizer.encode(parts[0] as string)
  return Int32Array.from(parts.flatMap((part) => [...tokenizer.encode(part)]))
}

/** `encodeText` between the tokens of a prefix and the end token: what the encoder reads. */
export function encodeSource(tokenizer: Tokenizer, line: string, prefix: Int32Array = NOTHING): Int32Array {
  const tokens = encodeText(tokenizer, line)
  const source = new Int32Array(prefix.length + tokens.length + 1)
  source.set(prefix)
  source.set(tokens, prefix.length)
  source[source.length - 1] = END
  return source
}

const NOTHING = new Int32Array(0)

/** A translation as a line: white space that would break it into several becomes a space, that around it goes. */
export function tidyText(text: string): string {
  return text.replace(/[\n\r\u2028\u2029]+/gu, ' ').trim()
}

/** @throws Error, one line, if the tokenizer was not trained for translation. */
export function checkSpecialTokens(tokenizer: Tokenizer, source: string): void {
  for (const [id, token] of SPECIAL_TOKENS.entries()) {
    const got = tokenizer.tokenToId(token)
    if (got !== id) {
      throw new Error(
        `${source}: is not a tokenizer for translation: ${token} must have the id ${id}, got ${got ?? 'no such token'}; ` +
          'use the tokenizer.json that the model was trained with.',
      )
    }
  }
}
