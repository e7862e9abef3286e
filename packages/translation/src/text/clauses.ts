import type { Range } from './sentences.js'

/** Where a sentence may be parted, best first. Each matches what ends the first part. */
const SEAMS = [/[;:…—–](?=\s)|[。！？；]/gu, /[,)\]»”](?=\s)|[、，]/gu, /\S(?=\s)/gu]

/** A seam within this share of the middle is taken; those near an end leave fragments. */
const REACH = 0.3

/**
 * Parts a sentence that is too long: at the punctuation of a clause nearest to its middle, else between words, else
 * between characters; again until every part fits. White space between parts belongs to none.
 *
 * @param fits whether a text is short enough; must be so for one character
 */
export function splitClauses(text: string, range: Range, fits: (text: string) => boolean): Range[] {
  const parts: Range[] = []
  const waiting = [range]
  while (waiting.length > 0) {
    const { start, end } = waiting.pop() as Range
    const part = text.slice(start, end)
    if (part.length <= 2 || fits(part)) {
      parts.push({ start, end })
      continue
    }
    const cut = start + seam(part)
    const next = end - text.slice(cut, end).trimStart().length
    waiting.push({ start: next, end }, { start, end: start + text.slice(start, cut).trimEnd().length })
  }
  return parts
}

/** Where to part a text: after so many UTF-16 units, at least 1 and fewer than all. */
function seam(text: string): number {
  const middle = text.length / 2
  for (const pattern of SEAMS) {
    let best = 0
    for (const { index, 0: mark } of text.matchAll(pattern)) {
      const at = index + mark.length
      if (Math.abs(at - middle) < Math.abs(best - middle)) best = at
    }
    if (best > 0 && best < text.length && Math.abs(best - middle) <= REACH * text.length) return best
  }
  const half = Math.floor(middle)
  const low = text.charCodeAt(half) // never between the halves of a surrogate pair
  return low >= 0xdc00 && low <= 0xdfff && half > 1 ? half - 1 : half
}
