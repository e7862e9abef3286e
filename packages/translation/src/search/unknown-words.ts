import { replaceUnknowns } from '@parlance/decoding'
import type { Tokenizer } from '@parlance/tokenizer'
import { UNKNOWN } from '../special-tokens.js'

/** A character that no text has: a noncharacter of Unicode. */
const NOWHERE = '\u{10FFFF}'

/** Whether a tokenizer has a token for what its vocabulary cannot say; those of bytes never use theirs. */
export function hasUnknown(tokenizer: Tokenizer): boolean {
  try {
    return tokenizer.encode(NOWHERE).includes(UNKNOWN)
  } catch {
    return false
  }
}

/**
 * What stands in a source where its tokens are unknown: a character each.
 *
 * @param line as it was encoded
 * @param pieces of the tokens, as the tokenizer writes them; returned with the unknown ones written out
 */
export function writeOutUnknowns(line: string, tokens: ArrayLike<number>, pieces: readonly string[]): string[] {
  let at = 0
  return pieces.map((piece, i) => {
    const written = tokens[i] === UNKNOWN ? String.fromCodePoint(line.codePointAt(at) ?? 0xfffd) : piece
    at += written.length
    return written
  })
}

/**
 * The pieces of a translation in which unknown tokens are the source pieces that they looked at most.
 *
 * @param attention (tokens × (source pieces + 1)), the end of the source last, which is never copied
 */
export function copyUnknowns(
  tokens: Int32Array,
  pieces: readonly string[],
  attention: Float32Array,
  source: readonly string[],
): string[] {
  const width = source.length + 1
  const alignment = Array.from(tokens, (_, t) => {
    const row = attention.subarray(t * width, t * width + source.length)
    return row.indexOf(Math.max(...row))
  })
  const replacements = replaceUnknowns(tokens, alignment, { unknown: UNKNOWN, source })
  return pieces.map((piece, t) => replacements[t] ?? piece)
}
