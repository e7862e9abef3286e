import { BLANK } from '../tokens/blank.js'
import { type Alignment, scoredTokens } from './alignment.js'
import { checkCount, checkNumber } from './checks.js'
import { frameScores } from './frame-scores.js'
import type { FrameSearch } from './frame-search.js'
import type { Fusion, FusionState } from './fusion.js'
import { logAdd } from './log-add.js'
import type { BeamOptions } from './options.js'
import { commonLength, EMPTY_PREFIX, extended, type Prefix, samePrefix } from './prefix.js'
import { noTokens } from './timed-tokens.js'
import { topTokens } from './top-tokens.js'

/** The alignments of a prefix that end in one way: their sum, and the best of them. */
interface Ending {
  total: number
  path: number
  alignment: Alignment | undefined
}

interface Hypothesis {
  readonly prefix: Prefix
  readonly fusion: FusionState | undefined
  /** Alignments that end with a blank (the empty one does, too), and those that end with the last token. */
  readonly blank: Ending
  readonly token: Ending
  /** Whether greedy search's best path has this prefix: it is kept whatever its rank. */
  greedy: boolean
}

interface CtcBeamState {
  hypotheses: Hypothesis[]
  /** The likeliest id of the frame before. */
  previous: number
  /** Encoder frames seen. */
  frames: number
}

/**
 * Prefix beam search (Graves and Jaitly 2014; Hannun et al. 2014): the probability of a prefix is the sum over its
 * alignments, those that end with a blank apart from those that end with its last token, which a repetition does not
 * lengthen. Token times are those of the best alignment, the first frame of each run. A frame is its log-probabilities,
 * (vocabSize).
 *
 * @throws RangeError for options that make no sense
 */
export function ctcBeam(vocabSize: number, { beamSize = 4, blankPenalty = 0, fusion }: BeamOptions = {}): FrameSearch<CtcBeamState> {
  checkCount('The beam size', beamSize)
  checkNumber('The blank penalty', blankPenalty)
  const ranked = ({ hypotheses }: CtcBeamState) =>
    hypotheses
      .map((one) => {
        const end = one.fusion ? (fusion as Fusion).ending(one.fusion) : 0
        return scoredTokens(one.prefix, best(one).alignment, total(one) + end)
      })
      .sort((a, b) => b.score - a.score)
  return {
    start: () => ({
      hypotheses: [{
        prefix: EMPTY_PREFIX, fusion: fusion?.start(), blank: { total: 0, path: 0, alignment: undefined }, token: impossible(), greedy: true,
      }],
      previous: BLANK,
      frames: 0,
    }),
    advance(states, encoded) {
      for (const [i, state] of states.entries()) {
        for (const scores of frameScores(encoded[i] as Float32Array, vocabSize, blankPenalty)) hear(state, scores, beamSize, fusion)
      }
    },
    found: (state) => ranked(state)[0] ?? noTokens(),
    hypotheses: ranked,
    settled: ({ hypotheses }) => commonLength(hypotheses.map(({ prefix }) => prefix)),
  }
}

/** One frame: `scores` of shape (vocabSize), the blank's penalty taken off. */
function hear(state: CtcBeamState, scores: Float32Array, beamSize: number, fusion: Fusion | undefined): void {
  const { hypotheses, previous, frames } = state
  const greedyId = scores.indexOf(scores.reduce((a, b) => Math.max(a, b), -Infinity))
  const pool: Hypothesis[] = hypotheses.map((one) => {
    const again = one.prefix.length > 0 ? scores[one.prefix.token] as number : -Infinity
    return {
      ...one,
      blank: plus(both(one), scores[BLANK] as number),
      token: again > -Infinity ? plus(one.token, again, stronger(one.token.alignment, again)) : impossible(),
      greedy: one.greedy && (greedyId === BLANK || greedyId === previous),
    }
  })
  const there = pool.map(({ prefix }) => prefix)
  for (const one of hypotheses) {
    const bonuses = one.fusion && fusion?.bonuses(one.fusion)
    const fused = bonuses ? scores.map((score, v) => score + (bonuses[v] as number)) : scores
    const joining = there.filter(({ before }) => before !== undefined && samePrefix(before, one.prefix))
    const greedyToken = one.greedy && greedyId !== BLANK && greedyId !== previous ? [greedyId] : []
    // A repetition needs a blank between: its token may rank above what follows it without, hence one more.
    for (const token of new Set([...topTokens(fused, beamSize + 1, BLANK), ...joining.map((prefix) => prefix.token), ...greedyToken])) {
      const logProb = scores[token] as number
      const from = token === one.prefix.token ? one.blank : both(one)
      if (from.total === -Infinity) continue
      const after = plus(from, logProb + (bonuses?.[token] ?? 0), { before: from.alignment, frame: frames, logProb })
      const greedy = greedyToken.includes(token)
      const prefix = extended(one.prefix, token)
      const at = pool.findIndex((other) => samePrefix(other.prefix, prefix))
      const other = pool[at]
      if (other) pool[at] = { ...other, token: sum(other.token, after), greedy: other.greedy || greedy }
      else pool.push({ prefix, fusion: one.fusion && fusion?.advance(one.fusion, token), blank: impossible(), token: after, greedy })
    }
  }
  state.hypotheses = pool.sort((a, b) => total(b) - total(a)).filter(({ greedy }, rank) => greedy || rank < beamSize)
  state.previous = greedyId
  state.frames++
}

function impossible(): Ending {
  return { total: -Infinity, path: -Infinity, alignment: undefined }
}

function total({ blank, token }: Hypothesis): number {
  return logAdd(blank.total, token.total)
}

function best({ blank, token }: Hypothesis): Ending {
  return token.path > blank.path ? token : blank
}

function both(one: Hypothesis): Ending {
  return sum(one.blank, one.token)
}

function sum(a: Ending, b: Ending): Ending {
  const { path, alignment } = b.path > a.path ? b : a
  return { total: logAdd(a.total, b.total), path, alignment }
}

function plus(ending: Ending, score: number, alignment = ending.alignment): Ending {
  return { total: ending.total + score, path: ending.path + score, alignment }
}

/** A run of one token goes on: its probability is the greatest in it. */
function stronger(alignment: Alignment | undefined, logProb: number): Alignment | undefined {
  return alignment && logProb > alignment.logProb ? { ...alignment, logProb } : alignment
}
