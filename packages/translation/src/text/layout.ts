import { type AlignedWords, overlapping } from './aligned-words.js'
import { type Element, type Mark, marksOf, type Verbatim } from './marked-text.js'
import { bestGap, bestRun, type Place, proportionalWord } from './placing.js'

/** A mark's place among the words of a translation; one that holds no words stands before the word `from`. */
export interface Placed extends Place {
  readonly mark: Mark
  /** Inside it, in order; all within `from` and `to`. */
  readonly inside: readonly Placed[]
}

/** Where all marks of a text stand in its translation. */
export interface Layout {
  readonly placed: readonly Placed[]
  /** Verbatim parts by the target word that is theirs; all others are among the placed. */
  readonly verbatimAt: ReadonlyMap<number, Verbatim>
  /** Target words that are left out: verbatim parts that stood outside of their element. */
  readonly left: ReadonlySet<number>
}

/**
 * Places marks among the words of a translation. Every mark has one place, and is inside the same element as in the
 * source; elements beside one another may change their order, as their words do.
 *
 * An element takes the run of words with the greatest excess of those that come from its own words over those that come
 * from others; a point stands where the fewest links between words cross it.
 *
 * @param text the translation
 * @param verbatim the words of verbatim parts that the translation has
 */
export function layOut(marks: readonly Mark[], text: string, words: AlignedWords, verbatim: ReadonlyMap<Verbatim, number>): Layout {
  const layout = new Layouter(text, words, verbatim)
  const placed = layout.level(marks, { from: 0, to: words.target.length, first: 0, last: words.source.length })
  return { placed, verbatimAt: layout.verbatimAt, left: layout.left }
}

/** Target words [from, to) and source words [first, last) of the element around. */
export interface Within extends Place {
  readonly first: number
  readonly last: number
}

/** An element that holds words, its source words, and the target words that are its verbatim parts. */
export interface Candidate {
  readonly mark: Element
  readonly order: number
  readonly first: number
  readonly last: number
  readonly own: ReadonlySet<number>
}

class Layouter {
  readonly verbatimAt: Map<number, Verbatim>
  readonly left = new Set<number>()

  constructor(
    private readonly text: string,
    private readonly words: AlignedWords,
    private readonly verbatim: ReadonlyMap<Verbatim, number>,
  ) {
    this.verbatimAt = new Map([...verbatim].map(([mark, word]) => [word, mark]))
  }

  level(marks: readonly Mark[], within: Within): Placed[] {
    const { words } = this
    const elements: Candidate[] = []
    const points: { mark: Mark; order: number }[] = []
    for (const [order, mark] of marks.entries()) {
      const [first, last] = overlapping(words.source, mark)
      if (mark.kind === 'element' && last > first) elements.push({ mark, order, first, last, own: this.wordsOf(mark) })
      else if (mark.kind === 'element' || mark.kind === 'point') points.push({ mark, order })
    }
    const ranges = this.placeElements(elements, within)
    const inRange = (word: number): boolean => ranges.some(({ from, to }) => from <= word && word < to)
    for (const [order, mark] of marks.entries()) {
      if (mark.kind !== 'verbatim') continue
      const word = this.verbatim.get(mark)
      if (word !== undefined && within.from <= word && word < within.to && !inRange(word)) continue
      if (word !== undefined) this.leave(word)
      points.push({ mark, order })
    }
    const result = ranges.map(({ mark, order, first, last, from, to }) => {
      const inside = this.level(mark.marks, { from, to, first, last })
      return { mark: mark as Mark, order, from, to, inside }
    })
    const closed = (gap: number): boolean => ranges.some(({ from, to }) => from < gap && gap < to)
    for (const { mark, order } of points) {
      const gap = bestGap(overlapping(words.source, { start: mark.start, end: mark.start })[0], within, words, closed)
      result.push({ mark, order, from: gap, to: gap, inside: mark.kind === 'element' ? allAt(mark.marks, gap) : [] })
    }
    // What ends where a point stands comes before it; what begins there, after it.
    const rank = ({ from, to }: Place): number => (from === to ? 0 : 1)
    return result.sort((a, b) => a.from - b.from || rank(a) - rank(b) || a.order - b.order)
  }

  private wordsOf({ marks }: Element): ReadonlySet<number> {
    return new Set(marksOf(marks, 'verbatim').flatMap((mark) => this.verbatim.get(mark) ?? []))
  }

  private leave(word: number): void {
    this.left.add(word)
    this.verbatimAt.delete(word)
  }

  /** Disjoint runs of target words for elements side by side; those with the clearest run choose first. */
  private placeElements(elements: readonly Candidate[], within: Within): (Candidate & Place)[] {
    const placed: (Candidate & Place)[] = []
    const taken = new Set<number>(this.left)
    const take = (element: Candidate, { from, to }: Place): void => {
      for (let j = from; j < to; j++) taken.add(j)
      placed.push({ ...element, from, to })
    }
    const mayHold = ({ own }: Candidate) => (j: number): boolean => !taken.has(j) && (own.has(j) || !this.verbatimAt.has(j))
    const run = (element: Candidate) => bestRun(element, within, this.words, this.edges, mayHold(element))
    const ranked = elements
      .map((element) => ({ element, score: run(element).score }))
      .sort((a, b) => b.score - a.score || a.element.order - b.element.order)
    const without = ranked.filter(({ element }) => {
      const all = element.first === within.first && element.last === within.last && taken.size === 0
      const best = all ? { ...within, score: 1 } : run(element)
      if (best.score > 0) take(element, best)
      return best.score <= 0
    })
    for (const { element } of without) take(element, proportionalWord(element, within, this.words, this.edges, mayHold(element), elements))
    return placed
  }

  /**
   * Whether a tag may stand before word j of the translation, which has a word before it: an opening tag not close after
   * a letter and before a mark, a closing one not the other way round. Markdown would not see emphasis there.
   */
  private readonly edges = {
    opens: (j: number): boolean => this.hasSpace(j) || !this.isLetter(j - 1, -1) || this.isLetter(j, 0),
    closes: (j: number): boolean => this.hasSpace(j) || !this.isLetter(j, 0) || this.isLetter(j - 1, -1),
    isWord: (j: number): boolean => this.isLetter(j, 0),
  }

  private hasSpace(j: number): boolean {
    return this.words.target[j - 1]?.end !== this.words.target[j]?.start
  }

  private isLetter(j: number, at: 0 | -1): boolean {
    const range = this.words.target[j]
    if (!range || this.verbatimAt.has(j)) return false
    return /^[\p{L}\p{M}\p{N}]$/u.test(Array.from(this.text.slice(range.start, range.end)).at(at) ?? '')
  }
}

/** Marks of an element without words, where the element is. */
function allAt(marks: readonly Mark[], gap: number): Placed[] {
  const shown = marks.filter(({ kind }) => kind !== 'break')
  return shown.map((mark) => ({ mark, from: gap, to: gap, inside: mark.kind === 'element' ? allAt(mark.marks, gap) : [] }))
}
