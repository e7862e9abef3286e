import { type MarkedText, type Mark, marksOf, type Verbatim } from './marked-text.js'
import type { Range } from './sentences.js'
import type { Link } from './word-links.js'
import { cutWords, words } from './words.js'

/** A translation of marked text, before the markup is back. */
export interface MarkedTranslation {
  readonly text: string
  /** In positions of the source's text and of this one. */
  readonly links: readonly Link[]
  /** Where the verbatim parts of the source stand in the translation; one that is missing got lost. */
  readonly kept: ReadonlyMap<Verbatim, Range>
}

/** The words of a source and of its translation, and where each of the latter comes from. */
export interface AlignedWords {
  readonly source: readonly Range[]
  readonly target: readonly Range[]
  /** For each target word: source words, with weights that sum to 1; empty where nothing is known. */
  readonly origins: readonly (readonly Origin[])[]
}

interface Origin {
  readonly word: number
  readonly weight: number
}

/**
 * Words as markup sees them: a verbatim part is one word, and a word that a tag cuts is several; when the translation
 * has the same word, it is cut alike.
 */
export function alignWords({ text, marks }: MarkedText, { text: translated, links, kept }: MarkedTranslation): AlignedWords {
  const whole = words(text, marksOf(marks, 'verbatim'))
  const source = cutWords(whole, boundaries(marks))
  const wholeTarget = words(translated, [...kept.values()].sort((a, b) => a.start - b.start))
  const certain: Link[] = [...kept].map(([mark, target]) => ({ source: mark, target }))
  const free = new Map<string, Range[]>()
  for (const range of wholeTarget) {
    const word = translated.slice(range.start, range.end)
    const known = free.get(word)
    if (known) known.push(range)
    else free.set(word, [range])
  }
  for (const word of whole) {
    const pieces = source.slice(...overlapping(source, word))
    if (pieces.length < 2) continue
    const same = free.get(text.slice(word.start, word.end))?.shift()
    if (!same) continue
    const offset = same.start - word.start
    for (const piece of pieces) certain.push({ source: piece, target: { start: piece.start + offset, end: piece.end + offset } })
  }
  const target = cutWords(wholeTarget, certain.flatMap(({ target: { start, end } }) => [start, end]))
  const weights = target.map(() => new Map<number, number>())
  const add = (link: Link): void => {
    const [first, last] = overlapping(source, link.source)
    for (const of of weights.slice(...overlapping(target, link.target))) {
      for (let i = first; i < last; i++) {
        const { start, end } = source[i] as Range
        of.set(i, (of.get(i) ?? 0) + end - start)
      }
    }
  }
  for (const link of links) add(link)
  for (const link of certain) for (const of of weights.slice(...overlapping(target, link.target))) of.clear()
  for (const link of certain) add(link)
  return { source, target, origins: weights.map(shares) }
}

function shares(weights: ReadonlyMap<number, number>): Origin[] {
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
  return [...weights].map(([word, weight]) => ({ word, weight: weight / total }))
}

/** Where elements begin and end. */
function* boundaries(marks: readonly Mark[]): Generator<number> {
  for (const mark of marks) {
    if (mark.kind !== 'element') continue
    yield mark.start
    yield mark.end
    yield* boundaries(mark.marks)
  }
}

/** Which of some disjoint, ordered ranges share a position with a range: from the first to before the second. */
export function overlapping(ranges: readonly Range[], { start, end }: Range): [number, number] {
  const first = lowerBound(ranges.length, (i) => (ranges[i] as Range).end > start)
  return [first, Math.max(first, lowerBound(ranges.length, (i) => (ranges[i] as Range).start >= end))]
}

/** The first of 0 … count at which `holds`, which stays true once it is. */
function lowerBound(count: number, holds: (at: number) => boolean): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
