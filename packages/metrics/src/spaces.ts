/** White space as Python's `str.split()` has it: the metrics here were defined by programs in Python. */
// oxlint-disable-next-line no-control-regex -- the four separators U+001C to U+001F are among them
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u

export function splitOnSpaces(text: string): string[] {
  return text.split(SPACES).filter((word) => word !== '')
}
