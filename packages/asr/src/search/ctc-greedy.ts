import { BLANK } from '../tokens/blank.js'
import { checkNumber } from './checks.js'
import type { FrameSearch } from './frame-search.js'
import type { BeamOptions } from './options.js'
import { noTokens, type TimedTokens } from './timed-tokens.js'

/** Where greedy search is in one recording. */
interface CtcState {
  readonly found: TimedTokens
  /** The likeliest id of the frame before. */
  previous: number
  /** Encoder frames seen. */
  frames: number
  /** ln of the path's probability. */
  score: number
}

/**
 * The likeliest path of a CTC model with repeats merged and blanks left out (best path decoding: Graves et al. 2006,
 * section 3.2). Equal scores go to the lower id. A token's time is the first frame of its run, its probability the
 * greatest in it. A frame is its log-probabilities, (vocabSize).
 *
 * @throws RangeError for a penalty that is no number
 */
export function ctcGreedy(vocabSize: number, { blankPenalty = 0 }: Pick<BeamOptions, 'blankPenalty'> = {}): FrameSearch<CtcState> {
  checkNumber('The blank penalty', blankPenalty)
  return {
    start: () => ({ found: noTokens(), previous: BLANK, frames: 0, score: 0 }),
    advance(states, scores) {
      for (const [i, state] of states.entries()) follow(state, scores[i] as Float32Array, vocabSize, blankPenalty)
    },
    found: ({ found }) => found,
    hypotheses: ({ found, score }) => [{ ...found, score }],
    settled: ({ found }) => found.tokens.length,
  }
}

function follow(state: CtcState, scores: Float32Array, vocabSize: number, blankPenalty: number): void {
  const { tokens, frames, logProbs } = state.found
  for (let row = 0; row < scores.length; row += vocabSize) {
    let best = BLANK
    let score = (scores[row + BLANK] as number) - blankPenalty
    for (let v = 0; v < vocabSize; v++) {
      if (v === BLANK || (scores[row + v] as number) <= score) continue
      best = v
      score = scores[row + v] as number
    }
    state.score += score
    if (best !== BLANK && best === state.previous) {
      logProbs[logProbs.length - 1] = Math.max(logProbs.at(-1) as number, score)
    } else if (best !== BLANK) {
      tokens.push(best)
      frames.push(state.frames)
      logProbs.push(score)
    }
    state.previous = best
    state.frames++
  }
}
