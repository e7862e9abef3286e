import { checkCount, checkNumber } from './checks.js'
import type { FrameSearch } from './frame-search.js'
import type { Fusion, FusionState } from './fusion.js'
import { type Lead, type Leads, leadsOf, likeliest } from './leads.js'
import type { TransducerBeamOptions } from './options.js'
import { noTokens, type TimedTokens } from './timed-tokens.js'
import { transducerBonuses } from './transducer-bonuses.js'
import type { TransducerModel } from './transducer-model.js'

/** Where greedy search is in one recording. */
interface GreedyState<State> {
  readonly found: TimedTokens
  predictor: State
  fusion: FusionState | undefined
  /** Encoder frames seen. */
  frames: number
  /** The frame that is heard next: those before it that were not heard yet are skipped. */
  next: number
  /** ln of the path's probability, fusion's bonuses included. */
  score: number
}

/** Greedy search takes all options of beams but their size. */
export type GreedyOptions = Omit<TransducerBeamOptions, 'beamSize'>

/** How the next symbol is chosen. */
interface Choice<State> {
  readonly model: TransducerModel<State>
  readonly fusion: Fusion | undefined
  readonly blankPenalty: number
  /** An encoder frame of zeros. */
  readonly silence: Float32Array
}

interface Row<State> {
  readonly state: GreedyState<State>
  readonly frame: Float32Array
}

/**
 * Greedy search: of each frame the likeliest symbol, the predictor moving on with it, until that is the blank, leads to another
 * frame (by the likeliest duration, where the model knows any) or is the last of `maxSymbols`. Equal scores go to the lower id. What a phrase has given is not taken back where it breaks off: there is
 * no other hypothesis that it could be taken back in favour of.
 *
 * @param width of an encoded frame
 * @throws RangeError for options that make no sense
 */
export function transducerGreedy<State>(
  model: TransducerModel<State>,
  width: number,
  { maxSymbols = 3, blankPenalty = 0, fusion }: GreedyOptions = {},
): FrameSearch<GreedyState<State>> {
  checkCount('The most symbols of a frame', maxSymbols)
  checkNumber('The blank penalty', blankPenalty)
  const choice: Choice<State> = { model, fusion, blankPenalty, silence: new Float32Array(width) }
  return {
    start: () => ({ found: noTokens(), predictor: model.start(), fusion: fusion?.start(), frames: 0, next: 0, score: 0 }),
    advance(states, encoded) {
      const longest = encoded.reduce((most, { length }) => Math.max(most, length / width), 0)
      for (let t = 0; t < longest; t++) {
        const heard = [...encoded.keys()].filter((row) => (encoded[row] as Float32Array).length > t * width).map((row): Row<State> => ({
          state: states[row] as GreedyState<State>,
          frame: (encoded[row] as Float32Array).subarray(t * width, (t + 1) * width),
        }))
        for (const { state } of heard) state.frames++
        let rows = heard.filter(({ state }) => state.next < state.frames)
        for (let symbols = 0; symbols < maxSymbols && rows.length > 0; symbols++) rows = emit(choice, rows)
        for (const { state } of rows) state.next = state.frames
      }
    },
    found: ({ found }) => found,
    hypotheses: ({ found, score }) => [{ ...found, score }],
    settled: ({ found }) => found.tokens.length,
  }
}

/** One decision of each row; returns those that emitted a token and stay with the frame. */
function emit<State>(choice: Choice<State>, rows: readonly Row<State>[]): Row<State>[] {
  const { model, fusion, silence } = choice
  const { tokens: scores, durations } = model.score(rows.map(({ frame }) => frame), rows.map(({ state }) => state.predictor))
  const bonuses = fusion && transducerBonuses(model, silence, fusion, rows.map(({ state }) => ({ predictor: state.predictor, fusion: state.fusion as FusionState })))
  const emitting: Row<State>[] = []
  const tokens: number[] = []
  for (const [r, row] of rows.entries()) {
    const { state } = row
    const own = scores.subarray(r * model.vocabSize, (r + 1) * model.vocabSize)
    const kept = fusion && state.fusion ? fusion.pending(state.fusion) : 0
    const { best, lead, score } = choose(choice, own, leadsOf(model, durations, r), bonuses?.[r], kept)
    state.score += score
    state.next = state.frames - 1 + lead.frames
    if (best === model.blank) continue
    state.found.tokens.push(best)
    state.found.frames.push(state.frames - 1)
    state.found.logProbs.push(own[best] as number)
    if (state.fusion) state.fusion = fusion?.advance(state.fusion, best)
    emitting.push(row)
    tokens.push(best)
  }
  if (emitting.length === 0) return emitting
  const after = model.advance(emitting.map(({ state }) => state.predictor), tokens)
  for (const [i, { state }] of emitting.entries()) state.predictor = after[i] as State
  return emitting.filter(({ state }) => state.next < state.frames)
}

function choose<State>(
  { model: { blank }, blankPenalty }: Choice<State>,
  scores: Float32Array,
  leads: Leads,
  bonuses: Float32Array | undefined,
  kept: number,
): { best: number; lead: Lead; score: number } {
  const [ofBlank, ofToken] = [likeliest(leads.blank), likeliest(leads.token)]
  let best = -1
  let greatest = -Infinity
  for (let v = 0; v < scores.length; v++) {
    const bonus = v === blank ? ofBlank.score - blankPenalty : ofToken.score + (bonuses ? (bonuses[v] as number) + kept : 0)
    const score = (scores[v] as number) + bonus
    if (score <= greatest) continue
    best = v
    greatest = score
  }
  if (best < 0 || best === blank) return { best: blank, lead: ofBlank, score: greatest }
  return { best, lead: ofToken, score: greatest }
}
