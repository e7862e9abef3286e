import type { FrameSearch } from './frame-search.js'
import { noTokens, type TimedTokens } from './timed-tokens.js'
import type { TransducerModel } from './transducer-model.js'

/** Where greedy search is in one recording. */
interface GreedyState<State> {
  readonly found: TimedTokens
  predictor: State
  /** Encoder frames seen. */
  frames: number
}

export interface GreedyOptions {
  /** Tokens of a frame at most; more would not be speech, and a model that never says blank must end. Default 3. */
  maxSymbols?: number
}

/**
 * Greedy search: of each frame the likeliest token, the predictor moving on with it, until that is the blank or the frame has
 * `maxSymbols`. Equal scores go to the lower id.
 *
 * @param width of an encoded frame
 * @throws RangeError for a bound below 1
 */
export function transducerGreedy<State>(
  model: TransducerModel<State>,
  width: number,
  { maxSymbols = 3 }: GreedyOptions = {},
): FrameSearch<GreedyState<State>> {
  if (!Number.isSafeInteger(maxSymbols) || maxSymbols < 1) {
    throw new RangeError(`The most symbols of a frame must be a whole number of 1 or more, got ${maxSymbols}.`)
  }
  return {
    start: () => ({ found: noTokens(), predictor: model.start(), frames: 0 }),
    advance(states, encoded) {
      const longest = encoded.reduce((most, { length }) => Math.max(most, length / width), 0)
      for (let t = 0; t < longest; t++) {
        let rows = [...encoded.keys()].filter((row) => (encoded[row] as Float32Array).length > t * width)
        for (const row of rows) (states[row] as GreedyState<State>).frames++
        for (let symbols = 0; symbols < maxSymbols && rows.length > 0; symbols++) rows = emit(model, rows, states, encoded, width, t)
      }
    },
    found: ({ found }) => found,
  }
}

/** One decision of each row; returns those that emitted a token. */
function emit<State>(
  model: TransducerModel<State>,
  rows: readonly number[],
  states: readonly GreedyState<State>[],
  encoded: readonly Float32Array[],
  width: number,
  t: number,
): number[] {
  const { vocabSize, blank } = model
  const state = (row: number): GreedyState<State> => states[row] as GreedyState<State>
  const frames = rows.map((row) => (encoded[row] as Float32Array).subarray(t * width, (t + 1) * width))
  const scores = model.score(frames, rows.map((row) => state(row).predictor))
  const emitting: number[] = []
  const tokens: number[] = []
  for (const [r, row] of rows.entries()) {
    const first = r * vocabSize
    let best = 0
    for (let v = 1; v < vocabSize; v++) if ((scores[first + v] as number) > (scores[first + best] as number)) best = v
    if (best === blank) continue
    const { found, frames } = state(row)
    found.tokens.push(best)
    found.frames.push(frames - 1)
    found.logProbs.push(scores[first + best] as number)
    emitting.push(row)
    tokens.push(best)
  }
  if (emitting.length === 0) return emitting
  const after = model.advance(emitting.map((row) => state(row).predictor), tokens)
  for (const [i, row] of emitting.entries()) state(row).predictor = after[i] as State
  return emitting
}
