import type { TokenFilter } from '@parlance/decoding'
import type { Spellings } from './spellings.js'

/** A text and every way to put it together of tokens. */
interface Lattice {
  /** Characters of its spelling. */
  readonly length: number
  /** Per position in the spelling and token, where the token leads to. */
  readonly steps: readonly ReadonlyMap<number, number>[]
  /** Whether it may begin inside a word. */
  readonly anywhere: boolean
}

/**
 * Never says given words or phrases, whatever tokens they could be put together of, at the beginning of a word. Since a
 * word is cut off when it is complete, longer words that begin with the same tokens are not said either; those that are
 * tokens of their own are.
 *
 * @param phrases not empty; what the vocabulary cannot say need not be suppressed
 */
export function suppressPhrases(spellings: Spellings, phrases: readonly string[]): TokenFilter {
  const lattices = phrases.flatMap((phrase) => latticesOf(spellings, phrase))
  const completing = new Set(lattices.flatMap(({ steps, length }) => (
    steps.flatMap((edges) => [...edges].filter(([, to]) => to === length).map(([token]) => token)))))
  const longest = Math.max(0, ...lattices.map(({ length }) => length))
  return {
    maxLowered: () => completing.size,
    after({ tokens }) {
      // A token has one character at least.
      const recent = tokens.subarray(Math.max(0, tokens.length - longest))
      const before = tokens[tokens.length - recent.length - 1]
      const banned = new Set<number>()
      for (const lattice of lattices) {
        for (const at of positionsAfter(recent, before, lattice, spellings)) {
          for (const [token, to] of lattice.steps[at]!) if (to === lattice.length) banned.add(token)
        }
      }
      return banned.size === 0 ? undefined : (token, logProb) => (banned.has(token) ? -Infinity : logProb)
    },
  }
}

/** The positions of the spelling that tokens have come to. */
function positionsAfter(
  tokens: Int32Array,
  before: number | undefined,
  { steps, length, anywhere }: Lattice,
  spellings: Spellings,
): Set<number> {
  const mayBegin = (last: number | undefined): boolean => anywhere || last === undefined || !spellings.endsInWord(last)
  let reached = new Set<number>(mayBegin(before) ? [0] : [])
  for (const token of tokens) {
    const next = new Set<number>()
    for (const at of reached) {
      const to = steps[at]!.get(token)
      if (to !== undefined && to < length) next.add(to)
    }
    if (mayBegin(token)) next.add(0)
    reached = next
  }
  return reached
}

/** With a space in front, and without: after a bracket, for example. */
function latticesOf(spellings: Spellings, phrase: string): Lattice[] {
  const spaced = spellings.ofText(phrase.trim())
  if (spaced === undefined) return []
  if (!spaced.startsWith(spellings.space)) return [latticeOf(spellings, spaced, true)]
  const beginsWithLetter = /^[\p{L}\p{N}]/u.test(phrase.trim())
  return [
    latticeOf(spellings, spaced, true),
    latticeOf(spellings, spaced.slice(spellings.space.length), !beginsWithLetter),
  ]
}

function latticeOf(spellings: Spellings, spelling: string, anywhere: boolean): Lattice {
  const { length } = spelling
  const steps = Array.from({ length }, (_, from) => {
    const edges = new Map<number, number>()
    for (let to = from + 1; to <= length; to++) {
      const token = spellings.tokenOf(spelling.slice(from, to))
      if (token !== undefined) edges.set(token, to)
    }
    return edges
  })
  return { length, steps, anywhere }
}
