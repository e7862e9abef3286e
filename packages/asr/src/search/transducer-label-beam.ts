import type { FrameSearch } from './frame-search.js'
import type { TransducerBeamOptions } from './options.js'
import { commonLength, samePrefix } from './prefix.js'
import { noTokens, type ScoredTokens } from './timed-tokens.js'
import { type Hypothesis, merge, TransducerBeam } from './transducer-hypothesis.js'
import type { TransducerModel } from './transducer-model.js'

/** Where the search is in one recording. Its hypotheses have made `steps` steps: a frame or a token each. */
interface LabelState<State> {
  hypotheses: Hypothesis<State>[]
  steps: number
  /** Encoded frames that some hypothesis has not heard yet, from frame `first` on. */
  frames: Float32Array[]
  first: number
}

/**
 * Alignment-length synchronous search (Saon et al. 2020, algorithm 3): all hypotheses have made the same number of steps,
 * blanks and tokens together, so that one with more tokens has heard fewer frames. Every frame ends with a blank, and
 * `maxSymbols` bounds the tokens of the frames so far, not those of each. Where neither
 * reaches the bound, a beam of 1 is greedy search and no beam scores below it.
 *
 * @param width of an encoded frame
 * @throws RangeError for options that make no sense
 */
export function transducerLabelBeam<State>(
  model: TransducerModel<State>,
  width: number,
  options: TransducerBeamOptions = {},
): FrameSearch<LabelState<State>> {
  const beam = new TransducerBeam(model, width, options)
  /** Were the recordings over: hypotheses that have heard all of it. */
  const finished = (state: LabelState<State>): Hypothesis<State>[] => {
    const rest = { ...state }
    const done: Hypothesis<State>[] = []
    const end = state.first + state.frames.length
    while (rest.hypotheses.length > 0) {
      const [over, going] = parted(rest.hypotheses, (one) => rest.steps - one.prefix.length === end)
      done.push(...over)
      rest.hypotheses = going
      if (going.length > 0) step(beam, model.vocabSize, [rest])
    }
    return done
  }
  const hypotheses = (state: LabelState<State>): ScoredTokens[] => beam.ranked(finished(state))
  return {
    start: () => ({ hypotheses: beam.settle([[beam.start()]])[0] as Hypothesis<State>[], steps: 0, frames: [], first: 0 }),
    advance(states, encoded) {
      for (const [i, state] of states.entries()) {
        const data = (encoded[i] as Float32Array).slice()
        for (let at = 0; at < data.length; at += width) state.frames.push(data.subarray(at, at + width))
      }
      for (let ready = states.filter(canStep); ready.length > 0; ready = ready.filter(canStep)) step(beam, model.vocabSize, ready)
      for (const state of states) forget(state)
    },
    found: (state) => hypotheses(state)[0] ?? noTokens(),
    hypotheses,
    settled: (state) => commonLength(state.hypotheses.map(({ prefix }) => prefix)),
  }
}

/** Whether every hypothesis has a frame to hear. */
function canStep({ hypotheses, steps, frames, first }: LabelState<unknown>): boolean {
  return hypotheses.every(({ prefix }) => steps - prefix.length < first + frames.length)
}

/** Drops the frames that all have heard. */
function forget(state: LabelState<unknown>): void {
  const next = state.steps - Math.max(...state.hypotheses.map(({ prefix }) => prefix.length))
  state.frames.splice(0, next - state.first)
  state.first = next
}

/** One blank or token more of each hypothesis of these recordings. */
function step<State>(beam: TransducerBeam<State>, vocabSize: number, states: readonly LabelState<State>[]): void {
  const rows = states.flatMap((state) => state.hypotheses.map((one) => ({ state, one, frame: state.steps - one.prefix.length })))
  const { tokens: scores } = beam.score(rows.map(({ state, frame }) => state.frames[frame - state.first] as Float32Array), rows.map(({ one }) => one))
  const pools = new Map(states.map((state) => [state, [] as Hypothesis<State>[]]))
  for (const [row, { state, one, frame }] of rows.entries()) {
    const own = scores.subarray(row * vocabSize, (row + 1) * vocabSize)
    const pool = pools.get(state) as Hypothesis<State>[]
    const full = one.prefix.length >= beam.maxSymbols * (frame + 1)
    const { tokens, best } = beam.continuations(one, own)
    const blankIsBest = full || best === beam.blank
    merge(pool, beam.withBlank(one, own, one.greedy && blankIsBest))
    if (full) continue
    // Tokens that are not among the row's best count where they complete a prefix that is there already.
    const joining = state.hypotheses.filter(({ prefix }) => prefix.before !== undefined && samePrefix(prefix.before, one.prefix))
    for (const token of new Set([...tokens, ...joining.map(({ prefix }) => prefix.token)])) {
      merge(pool, beam.withToken(one, token, frame, own, one.greedy && best === token))
    }
  }
  const settled = beam.settle(states.map((state) => beam.prune(pools.get(state) as Hypothesis<State>[])))
  for (const [i, state] of states.entries()) {
    state.hypotheses = settled[i] as Hypothesis<State>[]
    state.steps++
  }
}

function parted<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))]
}
