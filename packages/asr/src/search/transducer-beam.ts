import type { FrameSearch } from './frame-search.js'
import type { TransducerBeamOptions } from './options.js'
import { commonLength, samePrefix } from './prefix.js'
import { noTokens } from './timed-tokens.js'
import { type Hypothesis, merge, TransducerBeam } from './transducer-hypothesis.js'
import type { TransducerModel } from './transducer-model.js'

/** Where the search is in one recording. */
interface BeamState<State> {
  hypotheses: Hypothesis<State>[]
  /** Encoder frames seen. */
  frames: number
}

/** A recording at one frame: hypotheses that may emit more of it, and those that are done with it. */
interface AtFrame<State> {
  readonly state: BeamState<State>
  readonly encoded: Float32Array
  open: Hypothesis<State>[]
  closed: Hypothesis<State>[]
}

/**
 * Time-synchronous beam search: all hypotheses have heard the same frames. Of each frame a hypothesis emits tokens until it
 * takes the blank or has `maxSymbols`; prefixes that several alignments reach become one hypothesis whose probability is
 * their sum (Saon et al. 2020, algorithm 2, with the bound of greedy search: after the last symbol the frame is over
 * without a blank, so that `maxSymbols: 1` is icefall's modified beam search, and a beam of 1 is greedy search).
 *
 * @param width of an encoded frame
 * @throws RangeError for options that make no sense
 */
export function transducerBeam<State>(
  model: TransducerModel<State>,
  width: number,
  options: TransducerBeamOptions = {},
): FrameSearch<BeamState<State>> {
  const beam = new TransducerBeam(model, width, options)
  return {
    start: () => ({ hypotheses: beam.settle([[beam.start()]])[0] as Hypothesis<State>[], frames: 0 }),
    advance(states, encoded) {
      const longest = encoded.reduce((most, { length }) => Math.max(most, length / width), 0)
      for (let t = 0; t < longest; t++) {
        const rows = [...encoded.keys()].filter((row) => (encoded[row] as Float32Array).length > t * width)
        hear(beam, model.vocabSize, rows.map((row): AtFrame<State> => {
          const state = states[row] as BeamState<State>
          return { state, encoded: (encoded[row] as Float32Array).subarray(t * width, (t + 1) * width), open: state.hypotheses, closed: [] }
        }))
      }
    },
    found: ({ hypotheses }) => beam.ranked(hypotheses)[0] ?? noTokens(),
    hypotheses: ({ hypotheses }) => beam.ranked(hypotheses),
    settled: ({ hypotheses }) => commonLength(hypotheses.map(({ prefix }) => prefix)),
  }
}

/** One frame of each recording. */
function hear<State>(beam: TransducerBeam<State>, vocabSize: number, recordings: readonly AtFrame<State>[]): void {
  for (let symbols = 1; symbols <= beam.maxSymbols; symbols++) {
    const rows = recordings.flatMap(({ open, encoded }) => open.map((one) => ({ one, encoded })))
    if (rows.length === 0) break
    const { tokens: scores } = beam.score(rows.map(({ encoded }) => encoded), rows.map(({ one }) => one))
    let row = 0
    for (const recording of recordings) {
      const count = recording.open.length
      const rowScores = recording.open.map((_, i) => scores.subarray((row + i) * vocabSize, (row + i + 1) * vocabSize))
      expand(beam, recording, rowScores, symbols === beam.maxSymbols)
      row += count
    }
    const settled = beam.settle(recordings.flatMap(({ open, closed }) => [open, closed]))
    for (const [i, recording] of recordings.entries()) {
      recording.open = settled[2 * i] as Hypothesis<State>[]
      recording.closed = settled[2 * i + 1] as Hypothesis<State>[]
    }
  }
  for (const { state, closed } of recordings) {
    state.hypotheses = closed
    state.frames++
  }
}

/** One symbol more of the frame, the blank or a token; `last`: its last, after which the frame is over. */
function expand<State>(beam: TransducerBeam<State>, recording: AtFrame<State>, scores: readonly Float32Array[], last: boolean): void {
  const { open, state: { frames } } = recording
  const closed = [...recording.closed]
  const next: Hypothesis<State>[] = []
  const choices = open.map((one, i) => beam.continuations(one, scores[i] as Float32Array))
  for (const [i, one] of open.entries()) {
    const best = (choices[i] as (typeof choices)[0]).best
    merge(closed, beam.withBlank(one, scores[i] as Float32Array, one.greedy && best === beam.blank))
  }
  // Tokens that are not among a row's best count where they complete a prefix that is there already.
  const there = last ? closed.map(({ prefix }) => prefix) : []
  for (const [i, one] of open.entries()) {
    const { tokens, best } = choices[i] as (typeof choices)[0]
    const joining = there.filter(({ before }) => before !== undefined && samePrefix(before, one.prefix))
    for (const token of new Set([...tokens, ...joining.map((prefix) => prefix.token)])) {
      const longer = beam.withToken(one, token, frames, scores[i] as Float32Array, one.greedy && best === token)
      if (last) merge(closed, longer)
      else next.push(longer)
    }
  }
  const kept = new Set(beam.prune([...closed, ...next]))
  recording.closed = closed.filter((one) => kept.has(one))
  recording.open = next.filter((one) => kept.has(one))
}
