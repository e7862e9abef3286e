import type { AlignedWords } from './aligned-words.js'
import type { Candidate, Within } from './layout.js'

/** Target words: from `from` to before `to`. */
export interface Place {
  readonly from: number
  readonly to: number
}

interface Run extends Place {
  readonly score: number
}

interface Edges {
  /** Whether an element may begin, or end, before target word j. */
  opens: (j: number) => boolean
  closes: (j: number) => boolean
  /** Whether target word j has letters or digits: an element whose words are lost goes around no full stop. */
  isWord: (j: number) => boolean
}

/** The run of words with the greatest sum of: share of a word that comes from the element, less what does not (Kadane). */
export function bestRun(
  { first, last }: Candidate,
  { from, to }: Within,
  { origins }: AlignedWords,
  edges: Edges,
  mayHold: (j: number) => boolean,
): Run {
  let best: Run = { from, to: from, score: 0 }
  let [start, sum] = [-1, 0]
  for (let j = from; j < to; j++) {
    if (!mayHold(j)) {
      start = -1
      continue
    }
    if ((start < 0 || sum <= 0) && (j === from || edges.opens(j))) {
      start = j
      sum = 0
    }
    if (start < 0) continue
    for (const { word, weight } of origins[j] ?? []) sum += word >= first && word < last ? weight : -weight
    if (sum > best.score && (j + 1 === to || edges.closes(j + 1))) best = { from: start, to: j + 1, score: sum }
  }
  return best
}

/** For an element whose words have no counterpart: a free word where it should be, or else a place without words. */
export function proportionalWord(
  { first, last }: Candidate,
  { from, to, first: firstAll, last: lastAll }: Within,
  { origins }: AlignedWords,
  edges: Edges,
  mayHold: (j: number) => boolean,
  siblings: readonly Candidate[],
): Place {
  const centre = from + (((first + last) / 2 - firstAll) / Math.max(1, lastAll - firstAll)) * (to - from) - 0.5
  const claimed = (j: number): boolean =>
    (origins[j] ?? []).some(({ word, weight }) => weight >= 0.5 && siblings.some((other) => word >= other.first && word < other.last))
  let best = -1
  for (let j = from; j < to; j++) {
    if (!mayHold(j) || claimed(j) || (j > from && !edges.opens(j)) || (j + 1 < to && !edges.closes(j + 1))) continue
    const better = best < 0 || (edges.isWord(j) && !edges.isWord(best))
    const worse = best >= 0 && edges.isWord(best) && !edges.isWord(j)
    if (better || (!worse && Math.abs(j - centre) < Math.abs(best - centre))) best = j
  }
  if (best >= 0) return { from: best, to: best + 1 }
  let gap = Math.min(to, Math.max(from, Math.round(centre + 0.5)))
  while (gap > from && gap < to && !mayHold(gap - 1) && !mayHold(gap)) gap++
  return { from: gap, to: gap }
}

/**
 * Where a point that stands before source word `point` goes: the gap that the fewest links cross, from words before the
 * point to words after the gap and the reverse; of those, the one in proportion. What has words before it keeps one
 * there, where it can: a comment that begins a paragraph of Markdown would make it a block of HTML.
 */
export function bestGap(point: number, within: Within, { origins }: AlignedWords, closed: (gap: number) => boolean): number {
  const { from, to, first, last } = within
  const expected = from + ((point - first) / Math.max(1, last - first)) * (to - from)
  let crossing = 0
  for (let j = from; j < to; j++) for (const { word, weight } of origins[j] ?? []) if (word < point) crossing += weight
  let [best, least] = [-1, Infinity]
  for (let gap = from; gap <= to; gap++) {
    const nearer = Math.abs(gap - expected) < Math.abs(best - expected)
    const bare = gap === from && point > first && to > from && !closed(to)
    if (!closed(gap) && !bare && (crossing < least - 1e-9 || (crossing < least + 1e-9 && nearer))) [best, least] = [gap, crossing]
    for (const { word, weight } of origins[gap] ?? []) crossing += word < point ? -weight : weight
  }
  return best
}
