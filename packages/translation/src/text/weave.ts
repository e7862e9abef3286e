import { type AlignedWords, alignWords, type MarkedTranslation, overlapping } from './aligned-words.js'
import { type Layout, layOut, type Placed } from './layout.js'
import { type Break, type Element, type Mark, type MarkedText, marksOf } from './marked-text.js'
import type { Range } from './sentences.js'

/**
 * A translation as the document writes it: the source's markup around the words that correspond, each tag once and
 * inside the same element as in the source, and its line breaks where they leave lines of like length.
 */
export function weave(marked: MarkedText, translation: MarkedTranslation, lines: readonly SentencePair[]): string {
  const { text, kept } = translation
  const words = alignWords(marked, translation)
  const verbatim = new Map([...kept].map(([mark, range]) => [mark, overlapping(words.target, range)[0]]))
  const layout = layOut(marked.marks, text, words, verbatim)
  const writer = new Writer(marked, text, words, layout, placeBreaks(marked, text, words, lines))
  writer.level(layout.placed, 0, words.target.length)
  return writer.finish()
}

/** A sentence in the source's text, and its translation in the translation's. */
export interface SentencePair {
  readonly source: Range
  readonly target: Range
}

/** For each line break of the source, the target word that it comes before; those without room are left out. */
function placeBreaks({ marks }: MarkedText, text: string, { target }: AlignedWords, sentences: readonly SentencePair[]): Map<number, Break> {
  const places = new Map<number, Break>()
  let least = 1
  for (const mark of marksOf(marks, 'break')) {
    const wanted = wantedPosition(mark, sentences)
    let best = -1
    for (let j = least; j < target.length; j++) {
      const [before, after] = [target[j - 1] as Range, target[j] as Range]
      if (before.end === after.start || /\S/u.test(text.slice(before.end, after.start))) continue
      if (best >= 0 && Math.abs(before.end - wanted) > Math.abs((target[best - 1] as Range).end - wanted)) break
      best = j
    }
    if (best < 0) break
    places.set(best, mark)
    least = best + 1
  }
  return places
}

function wantedPosition({ start }: Break, sentences: readonly SentencePair[]): number {
  let end = 0
  for (const { source, target } of sentences) {
    if (start < source.start) return end
    if (start < source.end) {
      const share = (start - source.start) / (source.end - source.start)
      return target.start + share * (target.end - target.start)
    }
    end = target.end
  }
  return end
}

/** Writes words and marks in order. */
class Writer {
  private output = ''
  /** Text that is not written yet: it is written as a whole, because what must be escaped depends on the neighbours. */
  private text = ''
  private first = true

  constructor(
    private readonly marked: MarkedText,
    private readonly translated: string,
    private readonly words: AlignedWords,
    private readonly layout: Layout,
    private readonly breaks: ReadonlyMap<number, Break>,
  ) {}

  /** The words from `from` to before `to` and what is placed there. */
  level(placed: readonly Placed[], from: number, to: number): void {
    let next = 0
    for (let j = from; ; ) {
      const points: Placed[] = []
      while (next < placed.length && (placed[next] as Placed).from === j && (placed[next] as Placed).to === j) {
        points.push(placed[next++] as Placed)
      }
      this.gap(j, points, from, to, placed[next]?.from === j ? (placed[next] as Placed).to : j + 1)
      if (j >= to) return
      const element = placed[next]
      if (element && element.from === j) {
        this.element(element)
        next++
        j = element.to
      } else this.word(j++)
    }
  }

  finish(): string {
    this.flush('')
    return this.output
  }

  /** What stands before word j of a level: white space between its words, and points on either side of it. */
  private gap(j: number, points: readonly Placed[], from: number, to: number, next: number): void {
    // Words that are left out leave no space behind: none after a tag that opens, none before one that closes.
    const inner = j > from && j < to && this.isShown(from, j) && this.isShown(j, next)
    let spaced = !inner
    for (const { mark, inside } of points) {
      const [left, right, apart] = this.spaceAround(mark)
      // What stands close to the word after it follows the space.
      if (!spaced && left && !right) {
        if (!this.space(j)) this.text += ' '
        spaced = true
      }
      const words = from < to
      if (left && words && (inner ? right && !spaced : j === to)) this.text += ' '
      this.point(mark, inside)
      if (words && spaced && j < to && (right || (apart && this.isLetter(j)))) this.text += ' '
    }
    if (!spaced) this.space(j)
  }

  /** Writes the white space before word j, and tells whether there is any. */
  private space(j: number): boolean {
    const mark = this.breaks.get(j)
    const space = this.translated.slice((this.words.target[j - 1] as Range).end, (this.words.target[j] as Range).start)
    if (mark) {
      this.raw(mark.raw)
      this.first = true
    } else this.text += space
    return space !== ''
  }

  /** Whether any of some words is written. */
  private isShown(from: number, to: number): boolean {
    for (let j = from; j < to; j++) if (!this.layout.left.has(j)) return true
    return false
  }

  private isLetter(j: number): boolean {
    return /^[\p{L}\p{N}]/u.test(this.translated.slice(this.words.target[j]?.start))
  }

  /** Whether a mark has space or an end of the text on its left, on its right, and at least no word on its right. */
  private spaceAround({ start, end }: Mark): [left: boolean, right: boolean, apart: boolean] {
    const [before, after] = [this.marked.text.slice(Math.max(0, start - 1), start), this.marked.text.slice(end, end + 1)]
    return [/^\s?$/u.test(before), /^\s?$/u.test(after), !/^[\p{L}\p{N}]/u.test(after)]
  }

  private point(mark: Mark, inside: readonly Placed[]): void {
    if (mark.kind !== 'element') {
      this.raw(mark.raw)
      return
    }
    // An element that lost its words: where it needs some, those of the source.
    const { open, close, needsText } = mark
    if (needsText && !/^\s?$/u.test(this.text.slice(-1))) this.text += ' '
    this.raw(open)
    if (needsText) this.source(mark)
    else for (const each of inside) this.point(each.mark, each.inside)
    this.raw(close)
  }

  /** What an element of the source holds, as it is. */
  private source({ start, end, marks }: Element): void {
    let at = start
    for (const mark of marks) {
      this.text += this.marked.text.slice(at, mark.start)
      if (mark.kind === 'break') this.text += ' '
      else if (mark.kind !== 'element') this.raw(mark.raw)
      else {
        this.raw(mark.open)
        this.source(mark)
        this.raw(mark.close)
      }
      at = mark.end
    }
    this.text += this.marked.text.slice(at, end)
  }

  private element({ mark, from, to, inside }: Placed): void {
    if (mark.kind !== 'element') return
    this.raw(mark.open)
    this.level(inside, from, to)
    this.raw(mark.close)
  }

  private word(j: number): void {
    const verbatim = this.layout.verbatimAt.get(j)
    const { start, end } = this.words.target[j] as Range
    if (verbatim) this.raw(verbatim.raw)
    else if (!this.layout.left.has(j)) this.text += this.translated.slice(start, end)
  }

  private raw(raw: string): void {
    this.flush(raw)
    this.output += raw
    this.first = false
  }

  private flush(next: string): void {
    if (this.text === '') return
    this.output += this.marked.write(this.text, this.first, next)
    this.text = ''
    this.first = false
  }
}
