import type { AttentionModel } from './attention-model.js'
import { checkCount } from './checks.js'
import { type CtcPrefix, CtcPrefixes } from './ctc-prefix.js'
import { ctcTimes } from './ctc-times.js'
import type { Fusion, FusionState } from './fusion.js'
import type { ScoredTokens } from './timed-tokens.js'
import { topTokens } from './top-tokens.js'

/** A token a frame and some more: a decoder that goes astray must end. */
const EXTRA_TOKENS = 10

/**
 * So many of the decoder's best tokens at least are compared with what CTC says, and the first so many by greedy search, however
 * wide the beam.
 */
const COMPARED = 10

export interface AttentionBeamOptions {
  /** Hypotheses kept; 1 is greedy search. */
  beamSize: number
  /** λ in (1 − λ) · decoder + λ · CTC, where there is a CTC. */
  ctcWeight: number
  fusion?: Fusion
}

/** A recording, encoded. */
export interface AttentionRecording {
  frames: number
  /** What the decoder reads, (frames, width) row-major. */
  memory: Float32Array
  /** ln-probabilities of CTC, (frames, vocabSize), where the model has one. */
  ctc: Float32Array | undefined
}

interface Hypothesis {
  readonly tokens: readonly number[]
  readonly logProbs: readonly number[]
  /** Of the decoder, and of what fusion has given. */
  readonly decoder: number
  readonly bonus: number
  readonly ctc: CtcPrefix | undefined
  readonly fusion: FusionState | undefined
  readonly score: number
  readonly finished: boolean
  /** Whether greedy search comes here: it is kept whatever its rank. */
  readonly greedy: boolean
  /** Of the decoder's state. */
  readonly row: number
}

/**
 * Joint decoding by attention and CTC in one pass (Watanabe et al. 2017, "Hybrid CTC/attention architecture for end-to-end
 * speech recognition", section III-B): hypotheses of the same length are compared by (1 − λ) · decoder + λ · CTC's prefix
 * probability, with fusion; those that have ended stay among the beam as long as they are better. CTC keeps the decoder from leaving
 * out and repeating, and says when tokens are spoken: without one, `frames` stays empty.
 *
 * @returns the hypotheses, the best first, at least one; none scores below greedy search
 * @throws RangeError for options that make no sense
 */
export function attentionBeam<State>(
  model: AttentionModel<State>,
  { frames, memory, ctc }: AttentionRecording,
  { beamSize, ctcWeight, fusion }: AttentionBeamOptions,
): ScoredTokens[] {
  checkCount('The beam size', beamSize)
  if (frames === 0) return [{ tokens: [], frames: [], logProbs: [], score: 0 }]
  const { vocabSize, end } = model
  const share = ctc ? ctcWeight : 0
  const prefixes = ctc && share > 0 ? new CtcPrefixes(ctc, vocabSize, end) : undefined
  const limit = frames + EXTRA_TOKENS
  const empty = { tokens: [], logProbs: [], decoder: 0, bonus: 0, score: 0, finished: false, greedy: true, row: 0 }
  let beam: Hypothesis[] = [{ ...empty, ctc: prefixes?.start(), fusion: fusion?.start() }]
  let state = model.start(memory, frames)
  for (let length = 0; ; length++) {
    const live = beam.filter(({ finished }) => !finished)
    if (live.length === 0) break
    const step = model.step(state, Int32Array.from(live, ({ tokens }) => tokens.at(-1) ?? end), Int32Array.from(live, ({ row }) => row))
    state = step.state
    const next = live.flatMap((one, row) => {
      const scores = step.logProbs.subarray(row * vocabSize, (row + 1) * vocabSize)
      const bonuses = one.fusion && fusion?.bonuses(one.fusion)
      const fused = bonuses ? scores.map((score, v) => score + (bonuses[v] as number)) : scores
      const tokens = length === limit ? [] : topTokens(fused, Math.max(beamSize, COMPARED), end)
      const continuations = tokens.map((token) => continued(one, token, scores[token] as number, bonuses?.[token] ?? 0, row))
      const all = [ended(one, scores[end] as number), ...continuations]
      return one.greedy ? withGreedy(all, best(all.slice(0, COMPARED + 1))) : all
    })
    beam = [...beam.filter(({ finished }) => finished), ...next].sort((a, b) => b.score - a.score).filter(({ greedy }, rank) => greedy || rank < beamSize)
  }
  model.release(state)
  return beam.map(({ tokens, logProbs, score }) => {
    const times = (ctc && ctcTimes(ctc, vocabSize, end, tokens)) ?? { frames: [] }
    return { tokens: [...tokens], logProbs: [...logProbs], ...times, score }
  })

  function continued(one: Hypothesis, token: number, logProb: number, extra: number, row: number): Hypothesis {
    const ctc = one.ctc && prefixes?.extended(one.ctc, token)
    const [decoder, bonus] = [one.decoder + logProb, one.bonus + extra]
    return {
      tokens: [...one.tokens, token], logProbs: [...one.logProbs, logProb], decoder, bonus, ctc, fusion: one.fusion && fusion?.advance(one.fusion, token),
      score: joint(decoder, ctc?.score) + bonus, finished: false, greedy: false, row,
    }
  }

  function ended(one: Hypothesis, logProb: number): Hypothesis {
    const decoder = one.decoder + logProb
    const bonus = one.bonus + (one.fusion && fusion ? fusion.ending(one.fusion) : 0)
    return { ...one, decoder, bonus, score: joint(decoder, one.ctc?.whole) + bonus, finished: true, greedy: false }
  }

  function joint(decoder: number, ctc = 0): number {
    return (1 - share) * decoder + share * ctc
  }
}

function best(hypotheses: readonly Hypothesis[]): Hypothesis {
  return hypotheses.reduce((a, b) => (b.score > a.score ? b : a))
}

function withGreedy(hypotheses: readonly Hypothesis[], chosen: Hypothesis): Hypothesis[] {
  return hypotheses.map((one) => (one === chosen ? { ...one, greedy: true } : one))
}
