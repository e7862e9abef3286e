import { BLANK } from '../blank.js'
import type { FrameSearch } from './frame-search.js'
import { noTokens, type TimedTokens } from './timed-tokens.js'

/** Where greedy search is in one recording. */
interface CtcState {
  readonly found: TimedTokens
  /** The likeliest id of the frame before. */
  previous: number
  /** Encoder frames seen. */
  frames: number
}

/**
 * The likeliest path of a CTC model with repeats merged and blanks left out (best path decoding: Graves et al. 2006,
 * section 3.2). Equal scores go to the lower id. A token's time is the first frame of its run, its probability the
 * greatest in it. A frame is its log-probabilities, (vocabSize).
 */
export function ctcGreedy(vocabSize: number): FrameSearch<CtcState> {
  return {
    start: () => ({ found: noTokens(), previous: BLANK, frames: 0 }),
    advance(states, scores) {
      for (const [i, state] of states.entries()) follow(state, scores[i] as Float32Array, vocabSize)
    },
    found: ({ found }) => found,
  }
}

function follow(state: CtcState, scores: Float32Array, vocabSize: number): void {
  const { tokens, frames, logProbs } = state.found
  for (let row = 0; row < scores.length; row += vocabSize) {
    let best = 0
    for (let v = 1; v < vocabSize; v++) if ((scores[row + v] as number) > (scores[row + best] as number)) best = v
    const score = scores[row + best] as number
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
