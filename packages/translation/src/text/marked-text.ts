import type { Range } from './sentences.js'

/**
 * What stands in or around a run of text besides its words; `start` and `end` are positions in `MarkedText.text`.
 *
 * - `element`: text between two tags, and the marks inside it.
 * - `point`: something without text: an image, a comment. Here `start` is `end`.
 * - `verbatim`: text that must stay as it is: code, a placeholder, an address. `raw` is how the document writes it.
 * - `break`: white space that the document writes as `raw`: where a line of the document ends.
 */
export type Mark = Element | Point | Verbatim | Break
type Point = Raw<'point'>
export type Verbatim = Raw<'verbatim'>
export type Break = Raw<'break'>

export interface Element extends Range {
  readonly kind: 'element'
  /** As the document writes them. */
  readonly open: string
  readonly close: string
  /** In the order of the document. */
  readonly marks: readonly Mark[]
  /** Whether it cannot be written without text, as emphasis in Markdown. */
  readonly needsText: boolean
}

interface Raw<Kind> extends Range {
  readonly kind: Kind
  readonly raw: string
}

/** A run of text to be translated as one, with the markup inside it. */
export interface MarkedText {
  /** Without markup, character references decoded. */
  readonly text: string
  /** In the order of the document. */
  readonly marks: readonly Mark[]
  readonly write: WriteText
}

/**
 * Text as the document writes it.
 *
 * @param first whether it begins the run or one of its lines
 * @param next what is written after it
 */
export type WriteText = (text: string, first: boolean, next: string) => string

/** A document: what stays as it is, and the runs of text between. */
export type Template = readonly (string | MarkedText)[]

/** All marks of some kinds, those inside elements too, in the order of the document. */
export function marksOf<Kind extends Mark['kind']>(marks: readonly Mark[], ...kinds: Kind[]): Extract<Mark, { kind: Kind }>[] {
  return marks.flatMap((mark) => {
    const own = (kinds as string[]).includes(mark.kind) ? [mark as Extract<Mark, { kind: Kind }>] : []
    return mark.kind === 'element' ? [...own, ...marksOf(mark.marks, ...kinds)] : own
  })
}
