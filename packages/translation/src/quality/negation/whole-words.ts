/** Matches any of some patterns where it is a run of whole tokens, of tokens joined by single spaces. */
export function wholeWords(patterns: readonly string[]): RegExp {
  return new RegExp(`(?<= )(?:${patterns.join('|')})(?= )`, 'gu')
}
