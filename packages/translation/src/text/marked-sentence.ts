import { overlapping } from './aligned-words.js'
import type { MarkedText, Verbatim } from './marked-text.js'
import type { Range } from './sentences.js'
import { guessLinks, type Link } from './word-links.js'
import { words } from './words.js'

/** What a translator sees of a verbatim part: the part itself, a name in its stead, or nothing. */
export type Fill = 'itself' | 'name' | 'nothing'

/** A sentence as a translator sees it. */
interface Shown {
  readonly text: string
  /** Pieces of it, in order, and where each comes from in the text of the run. */
  readonly pieces: readonly { readonly shown: Range; readonly source: Range }[]
  /** What stands for each verbatim part. */
  readonly standIns: readonly string[]
}

interface Result {
  readonly text: string
  readonly links: readonly Link[]
  readonly kept: ReadonlyMap<Verbatim, Range>
}

/** One sentence of a run of marked text, and its translation when there is one. */
export class MarkedSentence {
  private translation: Result | undefined

  constructor(
    private readonly marked: MarkedText,
    /** In the text of the run. */
    readonly range: Range,
    readonly verbatim: readonly Verbatim[],
  ) {}

  /** As it stands in the run, on one line. */
  source(): string {
    return this.marked.text.slice(this.range.start, this.range.end).replace(/\s+/gu, ' ')
  }

  /** Whether there is nothing to translate. */
  isVerbatim(): boolean {
    let [rest, at] = ['', this.range.start]
    for (const { start, end } of this.verbatim) {
      rest += this.marked.text.slice(at, start)
      at = end
    }
    return !/[\p{L}\p{N}]/u.test(rest + this.marked.text.slice(at, this.range.end))
  }

  isTranslated(): boolean {
    return this.translation !== undefined
  }

  /** The sentence for a translator: single spaces, and something for each verbatim part. */
  show(fill: Fill): Shown {
    const pieces: { shown: Range; source: Range }[] = []
    const standIns = this.verbatim.map((mark, i) => this.standIn(mark, i, fill))
    let text = ''
    const add = (part: string, source: Range): void => {
      // The space on one side of nothing is enough.
      const piece = part.trim() === '' && (text === '' || text.endsWith(' ')) ? '' : part
      pieces.push({ shown: { start: text.length, end: text.length + piece.length }, source })
      text += piece
    }
    const plain = (start: number, end: number): void => {
      for (const { 0: part, index } of this.marked.text.slice(start, end).matchAll(/\s+|\S+/gu)) {
        add(/\s/u.test(part) ? ' ' : part, { start: start + index, end: start + index + part.length })
      }
    }
    let at = this.range.start
    for (const [i, { start, end }] of this.verbatim.entries()) {
      plain(at, start)
      add(standIns[i] as string, { start, end })
      at = end
    }
    plain(at, this.range.end)
    return { text, pieces, standIns }
  }

  /** Takes a translation of what was shown, unless it lost or repeated what stands for a verbatim part. */
  accept(shown: Shown, { text, links }: { readonly text: string; readonly links?: readonly Link[] }): void {
    const standIns = shown.standIns.filter((standIn) => standIn !== '')
    const counts = (standIn: string): number => standIns.filter((other) => other === standIn).length
    if (standIns.some((standIn) => wordsLike(text, standIn).length !== counts(standIn))) return
    const { kept, restored, move } = this.restore(shown, text)
    const moved = links?.map(({ source, target }) => ({ source: sourceOf(shown, source), target: move(target) }))
    this.translation = { text: restored, kept, links: moved ?? this.guess(restored, kept) }
  }

  result(): Result {
    if (this.translation) return this.translation
    const { start, end } = this.range
    const move = (range: Range): Range => ({ start: range.start - start, end: range.end - start })
    const text = this.marked.text.slice(start, end).replaceAll('\n', ' ')
    const own = words(text).map((range) => ({ source: { start: range.start + start, end: range.end + start }, target: range }))
    return { text, kept: new Map(this.verbatim.map((mark) => [mark, move(mark)])), links: own }
  }

  private standIn({ start, end }: Verbatim, order: number, fill: Fill): string {
    if (fill === 'itself') return this.marked.text.slice(start, end)
    if (fill === 'nothing') return ''
    return NAMES.filter((name) => !this.marked.text.includes(name))[order] ?? this.marked.text.slice(start, end)
  }

  /** A translation in which verbatim parts stand again where their stand-ins are, and where that is. */
  private restore({ standIns }: Shown, text: string): { kept: Map<Verbatim, Range>; restored: string; move: (range: Range) => Range } {
    const places: { mark: Verbatim; at: number; length: number }[] = []
    const used = new Map<string, number>()
    for (const [i, standIn] of standIns.entries()) {
      if (standIn === '') continue
      const before = used.get(standIn) ?? 0
      used.set(standIn, before + 1)
      places.push({ mark: this.verbatim[i] as Verbatim, at: wordsLike(text, standIn)[before] as number, length: standIn.length })
    }
    places.sort((a, b) => a.at - b.at)
    const kept = new Map<Verbatim, Range>()
    let [restored, from] = ['', 0]
    for (const { mark, at, length } of places) {
      restored += text.slice(from, at)
      const start = restored.length
      restored += this.marked.text.slice(mark.start, mark.end).replaceAll('\n', ' ')
      kept.set(mark, { start, end: restored.length })
      from = at + length
    }
    const moved = (position: number): number => {
      let shift = 0
      for (const { mark, at, length } of places) if (at + length <= position) shift += mark.end - mark.start - length
      return position + shift
    }
    return { kept, restored: restored + text.slice(from), move: ({ start, end }) => ({ start: moved(start), end: moved(end) }) }
  }

  private guess(text: string, kept: ReadonlyMap<Verbatim, Range>): Link[] {
    const lost = this.verbatim.filter((mark) => !kept.has(mark))
    const inside = words(this.marked.text.slice(0, this.range.end), this.verbatim).filter(
      ({ start, end }) => start >= this.range.start && !lost.some((mark) => mark.start < end && mark.end > start),
    )
    const target = words(text, [...kept.values()].sort((a, b) => a.start - b.start))
    const texts = (whole: string, ranges: readonly Range[]): string[] => ranges.map(({ start, end }) => whole.slice(start, end))
    return guessLinks(texts(this.marked.text, inside), texts(text, target)).map(([i, j]) => ({
      source: inside[i] as Range,
      target: target[j] as Range,
    }))
  }
}

/** Names that many languages share: a model knows how to build a sentence with them. */
const NAMES = ['Tom', 'Maria', 'David', 'Anna', 'Martin', 'Laura', 'Robert', 'Julia']

/** Where `word` stands in `text` as a word of its own. */
function wordsLike(text: string, word: string): number[] {
  const touches = (inner: string, outer: string): boolean => /^[\p{L}\p{N}_]{2}$/u.test(inner + outer)
  const found: number[] = []
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
    const end = at + word.length
    if (!touches(word[0] as string, text[at - 1] ?? '') && !touches(word.at(-1) as string, text[end] ?? '')) found.push(at)
  }
  return found
}

/** Where a range of a shown sentence comes from. */
function sourceOf({ pieces }: Shown, range: Range): Range {
  const [first, last] = overlapping(pieces.map(({ shown }) => shown), range)
  const [head, tail] = [pieces[first], pieces[Math.max(first, last - 1)]]
  if (!head || !tail) return { start: 0, end: 0 }
  const same = (piece: typeof head): boolean => piece.shown.end - piece.shown.start === piece.source.end - piece.source.start
  return {
    start: same(head) ? head.source.start + Math.max(0, range.start - head.shown.start) : head.source.start,
    end: same(tail) ? tail.source.end - Math.max(0, tail.shown.end - range.end) : tail.source.end,
  }
}
