/** Numbers of edits that turn a reference into a hypothesis, and of the items left as they are. */
export interface EditCounts {
  readonly hits: number
  readonly substitutions: number
  readonly deletions: number
  readonly insertions: number
}

/** One step of an alignment. `reference` and `hypothesis` are positions; an insertion or deletion lacks one. */
export type AlignmentStep =
  | { readonly type: 'hit' | 'substitution'; readonly reference: number; readonly hypothesis: number }
  | { readonly type: 'deletion'; readonly reference: number }
  | { readonly type: 'insertion'; readonly hypothesis: number }

// Alignments of the same cost can differ in their numbers of hits, so that ties matter. The convention here is that of
// RapidFuzz, and so of jiwer: equal items at both ends are aligned first; then, going back from the end, a deletion is
// taken where it is optimal, else an insertion where the cell before it is cheaper than the one diagonally before, else
// a hit or substitution. Both functions follow it.

/** Minimal edits (Levenshtein 1966), in time |reference| · |hypothesis| and two rows of memory. */
export function countEdits<T>(reference: readonly T[], hypothesis: readonly T[]): EditCounts {
  const { ref, hyp, prefix, suffix } = intern(reference, hypothesis)
  const width = hyp.length + 1
  let cost = Int32Array.from({ length: width }, (_, j) => j)
  let previousCost = new Int32Array(width)
  let substitutions = new Int32Array(width)
  let previousSubstitutions = new Int32Array(width)
  for (let i = 1; i <= ref.length; i++) {
    ;[cost, previousCost] = [previousCost, cost]
    ;[substitutions, previousSubstitutions] = [previousSubstitutions, substitutions]
    cost[0] = i
    substitutions[0] = 0
    for (let j = 1; j < width; j++) {
      const above = previousCost[j]!
      const left = cost[j - 1]!
      const diagonal = previousCost[j - 1]!
      const change = ref[i - 1] === hyp[j - 1] ? 0 : 1
      const best = Math.min(above + 1, left + 1, diagonal + change)
      cost[j] = best
      if (best === above + 1) substitutions[j] = previousSubstitutions[j]!
      else if (left < diagonal) substitutions[j] = substitutions[j - 1]!
      else substitutions[j] = previousSubstitutions[j - 1]! + change
    }
  }
  // What is neither substituted nor hit is inserted or deleted, and the lengths tell how many of each.
  const substituted = substitutions[width - 1]!
  const indels = cost[width - 1]! - substituted
  const deletions = (indels + ref.length - hyp.length) / 2
  return {
    hits: ref.length - substituted - deletions + prefix + suffix,
    substitutions: substituted,
    deletions,
    insertions: indels - deletions,
  }
}

/** The alignment that `countEdits` counts, from start to end; needs |reference| · |hypothesis| bytes. */
export function align<T>(reference: readonly T[], hypothesis: readonly T[]): AlignmentStep[] {
  const { ref, hyp, prefix, suffix } = intern(reference, hypothesis)
  const moves = alignmentMoves(ref, hyp)
  const steps: AlignmentStep[] = []
  const diagonal = (i: number, j: number): void => {
    const type = reference[i] === hypothesis[j] ? 'hit' : 'substitution'
    steps.push({ type, reference: i, hypothesis: j })
  }
  for (let k = 1; k <= suffix; k++) diagonal(reference.length - k, hypothesis.length - k)
  for (let i = ref.length, j = hyp.length; i > 0 || j > 0; ) {
    const move = moves[i * (hyp.length + 1) + j]!
    if (move !== INSERTION) i--
    if (move !== DELETION) j--
    if (move === DELETION) steps.push({ type: 'deletion', reference: prefix + i })
    else if (move === INSERTION) steps.push({ type: 'insertion', hypothesis: prefix + j })
    else diagonal(prefix + i, prefix + j)
  }
  for (let k = prefix - 1; k >= 0; k--) diagonal(k, k)
  return steps.reverse()
}

const DIAGONAL = 0
const DELETION = 1
const INSERTION = 2

/** The last move into each cell (i, j), row by row. */
function alignmentMoves(ref: Int32Array, hyp: Int32Array): Uint8Array {
  const width = hyp.length + 1
  const moves = new Uint8Array((ref.length + 1) * width).fill(INSERTION, 1, width)
  let cost = Int32Array.from({ length: width }, (_, j) => j)
  let previous = new Int32Array(width)
  for (let i = 1; i <= ref.length; i++) {
    ;[cost, previous] = [previous, cost]
    cost[0] = i
    moves[i * width] = DELETION
    for (let j = 1; j < width; j++) {
      const change = ref[i - 1] === hyp[j - 1] ? 0 : 1
      const best = Math.min(previous[j]! + 1, cost[j - 1]! + 1, previous[j - 1]! + change)
      cost[j] = best
      if (best === previous[j]! + 1) moves[i * width + j] = DELETION
      else moves[i * width + j] = cost[j - 1]! < previous[j - 1]! ? INSERTION : DIAGONAL
    }
  }
  return moves
}

/** Numbers equal items equally, so that comparing is cheap, and leaves out equal items at both ends. */
function intern<T>(reference: readonly T[], hypothesis: readonly T[]) {
  const shorter = Math.min(reference.length, hypothesis.length)
  let prefix = 0
  while (prefix < shorter && reference[prefix] === hypothesis[prefix]) prefix++
  let suffix = 0
  while (suffix < shorter - prefix && reference.at(-1 - suffix) === hypothesis.at(-1 - suffix)) suffix++
  const numbers = new Map<T, number>()
  const number = (item: T): number => {
    const known = numbers.get(item) ?? numbers.size
    numbers.set(item, known)
    return known
  }
  const middle = (items: readonly T[]): Int32Array =>
    Int32Array.from(items.slice(prefix, items.length - suffix), number)
  return { ref: middle(reference), hyp: middle(hypothesis), prefix, suffix }
}
