/** The words of a text that begin with a capital: names, and the first word. */
export function capitalised(text: string): Set<string> {
  return new Set(text.match(/\p{Lu}[\p{L}\p{M}]*/gu))
}
