import { type Mark, type MarkedText, marksOf, type WriteText } from './marked-text.js'
import { findPlaceholders } from './placeholders.js'

/** Collects a run of text and its marks in the order of the document. */
export class MarkedTextBuilder {
  private text = ''
  private marks: Mark[] = []
  private readonly around: { marks: Mark[]; start: number; open: string }[] = []

  /** @param needText whether elements cannot be written without text */
  constructor(
    private readonly write: WriteText,
    private readonly needText: boolean,
  ) {}

  /** Running text, in which placeholders and addresses are found. Its lines are those of the document. */
  words(text: string): this {
    let from = 0
    for (const { start, end } of findPlaceholders(text)) {
      this.lines(text.slice(from, start))
      this.verbatim(text.slice(start, end), this.write(text.slice(start, end), false, ''))
      from = end
    }
    return this.lines(text.slice(from))
  }

  verbatim(text: string, raw: string): this {
    return text.trim() === '' ? this.point(raw) : this.range('verbatim', text, raw)
  }

  break(raw: string): this {
    return this.range('break', '\n', raw)
  }

  point(raw: string): this {
    return this.range('point', '', raw)
  }

  open(raw: string): this {
    this.around.push({ marks: this.marks, start: this.text.length, open: raw })
    this.marks = []
    return this
  }

  close(raw: string): this {
    const outer = this.around.pop()
    if (!outer) throw new Error('A tag is closed that was not opened.')
    const { start, open } = outer
    outer.marks.push({ kind: 'element', start, end: this.text.length, open, close: raw, marks: this.marks, needsText: this.needText })
    this.marks = outer.marks
    return this
  }

  /** The run, or nothing if it holds no letter or digit to translate. */
  build(): MarkedText | undefined {
    const { text, marks, write } = this
    return /[\p{L}\p{N}]/u.test(withoutVerbatim(text, marks)) ? { text, marks, write } : undefined
  }

  private lines(text: string): this {
    let from = 0
    for (const { 0: raw, index } of text.matchAll(/[ \t\r\f]*\n[ \t\r\n\f]*/gu)) {
      this.text += text.slice(from, index)
      this.break(raw)
      from = index + raw.length
    }
    this.text += text.slice(from)
    return this
  }

  private range(kind: 'verbatim' | 'break' | 'point', text: string, raw: string): this {
    const start = this.text.length
    this.text += text
    this.marks.push({ kind, start, end: this.text.length, raw })
    return this
  }
}

/** A text without its verbatim parts. */
function withoutVerbatim(text: string, marks: readonly Mark[]): string {
  let [kept, from] = ['', 0]
  for (const { start, end } of marksOf(marks, 'verbatim')) {
    kept += text.slice(from, start)
    from = end
  }
  return kept + text.slice(from)
}
