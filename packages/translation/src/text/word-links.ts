import type { Range } from './sentences.js'

/** Parts of a source and of its translation that mean the same. */
export interface Link {
  readonly source: Range
  readonly target: Range
}

/** How far from the diagonal the same word still counts as a translation of itself, as a share of the sentence. */
const BAND = 0.4

/** Letters that two words of different languages must begin with alike to be taken for cognates. */
const COGNATE = 4

/**
 * Which words correspond, for translations without an alignment of their own: words that are alike in both texts are
 * anchors; between anchors, words correspond in proportion. Every source word is linked.
 *
 * @returns pairs (source word, target word), by position
 */
export function guessLinks(source: readonly string[], target: readonly string[]): [number, number][] {
  if (source.length === 0 || target.length === 0) return []
  const anchors = anchorPairs(source.map(fold), target.map(fold))
  const links: [number, number][] = []
  let [fromSource, fromTarget] = [0, 0]
  for (const [i, j] of [...anchors, [source.length, target.length] as const]) {
    proportional(fromSource, i, fromTarget, j, links)
    if (i < source.length) links.push([i, j])
    fromSource = i + 1
    fromTarget = j + 1
  }
  return links
}

function fold(word: string): string {
  return word.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}

/** Like words near the diagonal, increasing on both sides: the longest such chain, found greedily from the left. */
function anchorPairs(source: readonly string[], target: readonly string[]): [number, number][] {
  const anchors: [number, number][] = []
  let after = -1
  for (const [i, word] of source.entries()) {
    const expected = ((i + 0.5) / source.length) * target.length - 0.5
    let best = -1
    const reach = Math.max(2, BAND * target.length)
    for (let j = after + 1; j < target.length && j <= expected + reach; j++) {
      if (j < expected - reach || !alike(word, target[j] as string)) continue
      if (best < 0 || Math.abs(j - expected) < Math.abs(best - expected)) best = j
    }
    if (best < 0) continue
    anchors.push([i, best])
    after = best
  }
  return anchors
}

function alike(a: string, b: string): boolean {
  if (a === b) return true
  return a.length >= COGNATE && b.length >= COGNATE && a.slice(0, COGNATE) === b.slice(0, COGNATE)
}

/** Links source words [i0, i1) and target words [j0, j1) in order, each at least once where both sides have some. */
function proportional(i0: number, i1: number, j0: number, j1: number, links: [number, number][]): void {
  const [n, m] = [i1 - i0, j1 - j0]
  if (n <= 0 || m <= 0) return
  const steps = Math.max(n, m)
  for (let step = 0; step < steps; step++) {
    links.push([i0 + Math.floor((step * n) / steps), j0 + Math.floor((step * m) / steps)])
  }
}
