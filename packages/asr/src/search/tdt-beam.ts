import type { FrameSearch } from './frame-search.js'
import { type Leads, leadsOf } from './leads.js'
import type { TransducerBeamOptions } from './options.js'
import { commonLength } from './prefix.js'
import { noTokens, type ScoredTokens } from './timed-tokens.js'
import { type Hypothesis, merge, TransducerBeam } from './transducer-hypothesis.js'
import type { TransducerModel } from './transducer-model.js'

/** Where the search is in one recording. */
interface TdtState<State> {
  /** Hypotheses by the frame that each hears next, which was not heard yet. */
  readonly waiting: Map<number, Hypothesis<State>[]>
  /** Encoder frames heard. */
  frames: number
}

/** A recording at one frame: hypotheses that may emit more of it. */
interface AtFrame<State> {
  readonly state: TdtState<State>
  readonly encoded: Float32Array
  open: Hypothesis<State>[]
}

/**
 * Beam search of a token-and-duration transducer (Xu et al. 2023): hypotheses are compared that hear the same frame next, those
 * with equal prefixes become one, whose probability is their sum. A frame that hypotheses reach is heard by at most `beamSize` of
 * them (and greedy search's); each emits at most `maxSymbols` tokens of it, after the last of which it is over. Where a symbol
 * leads beyond the end of a recording, it leads to the end.
 *
 * @param width of an encoded frame
 * @throws RangeError for options that make no sense
 */
export function tdtBeam<State>(
  model: TransducerModel<State>,
  width: number,
  options: TransducerBeamOptions = {},
): FrameSearch<TdtState<State>> {
  const beam = new TransducerBeam(model, width, options)
  const hypotheses = ({ waiting }: TdtState<State>): ScoredTokens[] => {
    const ended: Hypothesis<State>[] = []
    for (const one of [...waiting.values()].flat()) merge(ended, one)
    return beam.ranked(ended)
  }
  return {
    start: () => ({ waiting: new Map([[0, beam.settle([[beam.start()]])[0] as Hypothesis<State>[]]]), frames: 0 }),
    advance(states, encoded) {
      const longest = encoded.reduce((most, { length }) => Math.max(most, length / width), 0)
      for (let t = 0; t < longest; t++) {
        const rows = [...encoded.keys()].filter((row) => (encoded[row] as Float32Array).length > t * width)
        hear(beam, model, rows.map((row): AtFrame<State> => {
          const state = states[row] as TdtState<State>
          return { state, encoded: (encoded[row] as Float32Array).subarray(t * width, (t + 1) * width), open: taken(state) }
        }))
      }
    },
    found: (state) => hypotheses(state)[0] ?? noTokens(),
    hypotheses,
    settled: ({ waiting }) => commonLength([...waiting.values()].flat().map(({ prefix }) => prefix)),
  }
}

/** The hypotheses that hear the next frame. */
function taken<State>({ waiting, frames }: TdtState<State>): Hypothesis<State>[] {
  const open = waiting.get(frames) ?? []
  waiting.delete(frames)
  return open
}

/** One frame of each recording. */
function hear<State>(beam: TransducerBeam<State>, model: TransducerModel<State>, recordings: readonly AtFrame<State>[]): void {
  for (let symbols = 1; symbols <= beam.maxSymbols; symbols++) {
    const rows = recordings.flatMap(({ open, encoded }) => open.map((one) => ({ one, encoded })))
    if (rows.length === 0) break
    const { tokens, durations } = beam.score(rows.map(({ encoded }) => encoded), rows.map(({ one }) => one))
    let row = 0
    for (const recording of recordings) {
      const arcs = recording.open.map((_, i) => {
        const at = row + i
        return { scores: tokens.subarray(at * model.vocabSize, (at + 1) * model.vocabSize), leads: leadsOf(model, durations, at) }
      })
      row += recording.open.length
      expand(beam, recording, arcs, symbols === beam.maxSymbols)
    }
    settle(beam, recordings)
  }
  for (const { state } of recordings) state.frames++
}

/** One symbol more of the frame; `last`: its last, after which the frame is over. */
function expand<State>(beam: TransducerBeam<State>, recording: AtFrame<State>, arcs: readonly { scores: Float32Array; leads: Leads }[], last: boolean): void {
  const { open, state: { frames, waiting } } = recording
  const next: Hypothesis<State>[] = []
  const put = (one: Hypothesis<State>, lead: number): void => {
    const at = frames + (last ? Math.max(lead, 1) : lead)
    if (lead === 0 && !last) return merge(next, one)
    const pool = waiting.get(at) ?? []
    merge(pool, one)
    waiting.set(at, pool)
  }
  for (const [i, one] of open.entries()) {
    const { scores, leads } = arcs[i] as (typeof arcs)[0]
    const { tokens, best, lead: greedyLead } = beam.continuations(one, scores, leads)
    for (const lead of leads.blank) {
      const blank = beam.withBlank(one, scores, one.greedy && best === beam.blank && lead === greedyLead)
      put(lasting(blank, lead.score), lead.frames)
    }
    for (const token of tokens) {
      for (const lead of leads.token) {
        const longer = beam.withToken(one, token, frames, scores, one.greedy && best === token && lead === greedyLead)
        put(lasting(longer, lead.score), lead.frames)
      }
    }
  }
  recording.open = beam.prune(next)
  for (const [at, pool] of waiting) waiting.set(at, beam.prune(pool))
}

function lasting<State>(one: Hypothesis<State>, score: number): Hypothesis<State> {
  return { ...one, total: one.total + score, path: one.path + score }
}

function settle<State>(beam: TransducerBeam<State>, recordings: readonly AtFrame<State>[]): void {
  const lists = recordings.flatMap(({ open, state }) => [open, ...state.waiting.values()])
  const settled = beam.settle(lists).values()
  for (const recording of recordings) {
    recording.open = settled.next().value as Hypothesis<State>[]
    for (const at of recording.state.waiting.keys()) recording.state.waiting.set(at, settled.next().value as Hypothesis<State>[])
  }
}
