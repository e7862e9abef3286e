import { BeamEditDistance } from './beam-edit-distance.js'

// The limits of tercom.
const LONGEST_SHIFT = 10
const FARTHEST_SHIFT = 50
const MOST_CANDIDATES = 1000

/**
 * The translation edit rate's edits: the fewest insertions, deletions, substitutions and shifts of phrases that turn a
 * hypothesis into a reference, shifts found greedily (Snover et al. 2006, "A Study of Translation Edit Rate with
 * Targeted Human Annotation", algorithm 1).
 */
export function countTerEdits(hypothesis: readonly string[], reference: readonly string[]): number {
  if (reference.length === 0) return hypothesis.length
  const numbers = new Map<string, number>()
  const number = (word: string): number => {
    const known = numbers.get(word) ?? numbers.size
    numbers.set(word, known)
    return known
  }
  const target = Int32Array.from(reference, number)
  let words: Int32Array = Int32Array.from(hypothesis, number)
  const distance = new BeamEditDistance(target, words.length)
  let shifts = 0
  let candidates = 0
  for (;;) {
    const best = bestShift(words, target, distance, MOST_CANDIDATES - candidates)
    candidates += best.candidates
    if (candidates >= MOST_CANDIDATES || best.gain <= 0) break
    shifts++
    words = best.words
  }
  return shifts + distance.distance(words)
}

interface BestShift {
  /** How many edits fewer there are after it. */
  readonly gain: number
  /** The hypothesis after it. */
  readonly words: Int32Array
  /** How many were tried. */
  readonly candidates: number
}

/** The shift that gains most: of equal ones the longest, then the first, then the one that goes least far to the end. */
function bestShift(words: Int32Array, target: Int32Array, distance: BeamEditDistance, most: number): BestShift {
  const { edits, positions, hypothesisErrors, referenceErrors } = distance.align(words)
  let best: { gain: number, words: Int32Array, rank: readonly number[] } | undefined
  let candidates = 0
  for (const { start, targetStart, length } of matchingPhrases(words, target)) {
    // Only a phrase with an error can gain, moved to where the reference has one, and not into itself.
    if (!hypothesisErrors.subarray(start, start + length).includes(1)) continue
    if (!referenceErrors.subarray(targetStart, targetStart + length).includes(1)) continue
    const into = positions[targetStart]!
    if (start <= into && into < start + length) continue
    let previous = -1
    for (let offset = -1; offset < length; offset++) {
      const at = targetStart + offset
      const place = at === -1 ? 0 : positions[at]! + 1
      if (place === previous) continue
      previous = place
      const shifted = shift(words, start, length, place)
      const rank = [edits - distance.distance(shifted), length, -start, -place]
      candidates++
      if (best === undefined || ranksAbove(rank, best.rank)) best = { gain: rank[0]!, words: shifted, rank }
    }
    if (candidates >= most) break
  }
  return { gain: best?.gain ?? 0, words: best?.words ?? words, candidates }
}

/** Phrases that hypothesis and reference share, not too long nor too far apart. */
function* matchingPhrases(words: Int32Array, target: Int32Array) {
  for (let start = 0; start < words.length; start++) {
    const from = Math.max(0, start - FARTHEST_SHIFT)
    const to = Math.min(target.length - 1, start + FARTHEST_SHIFT)
    for (let targetStart = from; targetStart <= to; targetStart++) {
      const most = Math.min(LONGEST_SHIFT, words.length - start, target.length - targetStart)
      for (let length = 1; length <= most && words[start + length - 1] === target[targetStart + length - 1]; length++) {
        yield { start, targetStart, length }
      }
    }
  }
}

/** Moves `length` words from `start` to before the word at `place`, or as far beyond their end as it lies within them. */
function shift(words: Int32Array, start: number, length: number, place: number): Int32Array {
  const moved = words.subarray(start, start + length)
  const rest = [...words.subarray(0, start), ...words.subarray(start + length)]
  const at = place < start ? place : place > start + length ? place - length : place
  return Int32Array.from([...rest.slice(0, at), ...moved, ...rest.slice(at)])
}

function ranksAbove(a: readonly number[], b: readonly number[]): boolean {
  const different = a.findIndex((value, i) => value !== b[i])
  return different >= 0 && a[different]! > b[different]!
}
