import type { Tokenizer } from '@parlance/tokenizer'

/**
 * The text of each token; together they are the text of all. A character that is spread over several tokens is the last
 * one's.
 */
export function tokenPieces(tokenizer: Tokenizer, tokens: ArrayLike<number>): string[] {
  const pieces = new Array<string>(tokens.length).fill('')
  let pending: number[] = []
  for (let i = 0; i < tokens.length; i++) {
    pending.push(tokens[i] as number)
    const text = tokenizer.decode(pending)
    if (text.endsWith('\uFFFD') && i < tokens.length - 1) continue
    pieces[i] = text
    pending = []
  }
  return pieces
}

/** For each piece the word of the text, counted between white space, that its end belongs to; -1 where it is in none. */
export function wordsOfPieces(pieces: readonly string[]): Int32Array {
  let words = 0
  let inside = false
  return Int32Array.from(pieces, (piece) => {
    let word = -1
    for (const character of piece) {
      const space = /\s/u.test(character)
      if (!space && !inside) words++
      inside = !space
      if (inside) word = words - 1
    }
    return word
  })
}
