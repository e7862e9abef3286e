/** Number of words: maximal runs without white space (JavaScript's `\s`). */
export function countWords(text: string): number {
  let words = 0
  let inWord = false
  for (let i = 0; i < text.length; i++) {
    const space = isSpace(text.charCodeAt(i))
    if (!space && !inWord) words++
    inWord = !space
  }
  return words
}

/**
 * Words as language-model papers count them on WikiText and Penn Treebank: those of `countWords` plus one `<eos>` for
 * each line, empty lines included. A last line without a line feed counts; nothing after a last line feed does not.
 */
export function countWordsWithEos(text: string): number {
  let lines = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++
  if (text.length > 0 && !text.endsWith('\n')) lines++
  return countWords(text) + lines
}

/** Length in UTF-8 bytes, the denominator of bits per byte. */
export function countBytes(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}

/** Number of Unicode code points, the denominator of bits per character. */
export function countCharacters(text: string): number {
  let characters = 0
  for (let i = 0; i < text.length; i++) {
    characters++
    if (text.codePointAt(i)! > 0xffff) i++
  }
  return characters
}

function isSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d)
  if (code < 0xa0) return false
  return /\s/u.test(String.fromCharCode(code))
}
