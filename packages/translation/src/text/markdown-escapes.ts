/** Marks that mean something to Markdown inside a line, unless their neighbours rule it out. */
const INLINE = /[\\`[\]]|\*(?!\s)|(?<!\s)\*|(?<![\p{L}\p{N}])_(?!\s)|(?<!\s)_(?![\p{L}\p{N}])|~(?=~)|(?<=~)~|<(?=[\p{L}/!?])|&(?=#?\w+;)|!(?=\[)/gu

/** Beginnings of a line that would begin a block: a heading, a list, a quotation, a rule, a table, a definition. */
const BLOCK = /^(?:#{1,6}(?=\s|$)|[-+](?=\s|$)|>|[-=]+(?=\s*$)|\|)/u
const LIST_NUMBER = /^(\d{1,9})([.)])(?=\s|$)/u

/** Text as Markdown that shows exactly this text; see `WriteText`. */
export function writeMarkdown(text: string, first: boolean, next: string): string {
  const inline = text.replace(INLINE, '\\$&').replaceAll('\u00a0', '&nbsp;')
  // An exclamation mark before a link would make it an image.
  const ended = next.startsWith('[') ? inline.replace(/!$/u, '\\!') : inline
  return first ? ended.replace(BLOCK, '\\$&').replace(LIST_NUMBER, '$1\\$2') : ended
}

/** The same in the cell of a table. */
export function writeTableCell(text: string, first: boolean, next: string): string {
  return writeMarkdown(text, first, next).replaceAll('|', '\\|')
}
