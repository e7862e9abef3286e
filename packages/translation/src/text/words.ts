import type { Range } from './sentences.js'

const WORD = /[\p{L}\p{M}\p{N}_]+(?:['’.,-][\p{L}\p{M}\p{N}_]+)*|\S/gu

/**
 * The words of a text: runs of letters and digits, each other mark alone, in order.
 *
 * @param atoms what is one word whatever it holds; disjoint, in order
 */
export function words(text: string, atoms: readonly Range[] = []): Range[] {
  const found: Range[] = []
  let from = 0
  const plain = (end: number): void => {
    for (const { 0: word, index } of text.slice(from, end).matchAll(WORD)) {
      found.push({ start: from + index, end: from + index + word.length })
    }
  }
  for (const { start, end } of atoms) {
    plain(start)
    found.push({ start, end })
    from = end
  }
  plain(text.length)
  return found
}

/** Words cut where any of `positions` lies inside them. */
export function cutWords(ranges: readonly Range[], positions: Iterable<number>): Range[] {
  const cuts = [...new Set(positions)].sort((a, b) => a - b)
  let next = 0
  return ranges.flatMap(({ start, end }) => {
    const parts: Range[] = []
    let from = start
    while (next < cuts.length && (cuts[next] as number) < end) {
      const cut = cuts[next++] as number
      if (cut <= from) continue
      parts.push({ start: from, end: cut })
      from = cut
    }
    parts.push({ start: from, end })
    return parts
  })
}
