import { type Alignment, scoredTokens } from './alignment.js'
import { checkCount, checkNumber } from './checks.js'
import type { Fusion, FusionState } from './fusion.js'
import { type Lead, likeliest, PLAIN_LEADS } from './leads.js'
import { logAdd } from './log-add.js'
import type { TransducerBeamOptions } from './options.js'
import { EMPTY_PREFIX, extended, type Prefix, samePrefix } from './prefix.js'
import type { ScoredTokens } from './timed-tokens.js'
import { topTokens } from './top-tokens.js'
import { transducerBonuses } from './transducer-bonuses.js'
import type { TransducerModel, TransducerScores } from './transducer-model.js'

/** A prefix in a beam over a transducer. */
export interface Hypothesis<State> {
  readonly prefix: Prefix
  /** Of its best alignment. */
  readonly alignment: Alignment | undefined
  /** ln of the sum over its alignments, fusion's bonuses included. */
  readonly total: number
  /** The same of its best alignment alone. */
  readonly path: number
  /** After the prefix; of a hypothesis just made from another, before its last token until the beam has taken it. */
  readonly predictor: State
  readonly fusion: FusionState | undefined
  /** (vocabSize), what fusion adds to tokens that come next. */
  readonly bonuses: Float32Array | undefined
  /** Whether the predictor has yet to be told the last token. */
  readonly fresh: boolean
  /** Whether greedy search would be here: this one is kept whatever its rank, so that no beam scores below greedy search. */
  readonly greedy: boolean
}

/** What a beam search makes of `TransducerModel` and options: hypotheses and their continuations. */
export class TransducerBeam<State> {
  readonly beamSize: number
  readonly maxSymbols: number
  readonly blank: number
  private readonly blankPenalty: number
  private readonly fusion: Fusion | undefined
  private readonly silence: Float32Array

  /** @throws RangeError for options that make no sense */
  constructor(private readonly model: TransducerModel<State>, width: number, options: TransducerBeamOptions) {
    ;({ beamSize: this.beamSize = 4, maxSymbols: this.maxSymbols = 3, blankPenalty: this.blankPenalty = 0 } = options)
    this.blank = model.blank
    checkCount('The beam size', this.beamSize)
    checkCount('The most symbols of a frame', this.maxSymbols)
    checkNumber('The blank penalty', this.blankPenalty)
    this.fusion = options.fusion
    this.silence = new Float32Array(width)
  }

  start(): Hypothesis<State> {
    const fusion = this.fusion?.start()
    return {
      prefix: EMPTY_PREFIX, alignment: undefined, total: 0, path: 0, predictor: this.model.start(), fusion, bonuses: undefined,
      fresh: false, greedy: true,
    }
  }

  /** Scores these hypotheses at their frames, bonuses and the blank's penalty not included. */
  score(frames: readonly Float32Array[], hypotheses: readonly Hypothesis<State>[]): TransducerScores {
    return this.model.score(frames, hypotheses.map(({ predictor }) => predictor))
  }

  /** Tells the predictor the last tokens and computes bonuses, of all these lists in one call. */
  settle(lists: readonly Hypothesis<State>[][]): Hypothesis<State>[][] {
    const fresh = lists.flat().filter((one) => one.fresh)
    const predictors = fresh.length === 0 ? [] : this.model.advance(fresh.map(({ predictor }) => predictor), fresh.map(({ prefix }) => prefix.token))
    const after = new Map(fresh.map((one, i) => [one, predictors[i] as State]))
    const settled = lists.map((list) =>
      list.map((one): Hypothesis<State> => (one.fresh ? { ...one, fresh: false, predictor: after.get(one) as State } : one)))
    return this.fusion ? this.withBonuses(this.fusion, settled) : settled
  }

  /** The hypothesis with a blank behind it. */
  withBlank(one: Hypothesis<State>, scores: Float32Array, greedy: boolean): Hypothesis<State> {
    const score = this.blankScore(scores)
    return { ...one, total: one.total + score, path: one.path + score, greedy }
  }

  /** The hypothesis with a token behind it. */
  withToken(one: Hypothesis<State>, token: number, frame: number, scores: Float32Array, greedy: boolean): Hypothesis<State> {
    const logProb = scores[token] as number
    const score = logProb + (one.bonuses?.[token] ?? 0)
    return {
      prefix: extended(one.prefix, token),
      alignment: { before: one.alignment, frame, logProb },
      total: one.total + score,
      path: one.path + score,
      predictor: one.predictor,
      fusion: one.fusion && this.fusion?.advance(one.fusion, token),
      bonuses: undefined,
      fresh: true,
      greedy,
    }
  }

  /** The tokens worth following, the best first, and what greedy search would take: one of them or the blank, and how far it leads. */
  continuations({ bonuses }: Hypothesis<State>, scores: Float32Array, leads = PLAIN_LEADS): { tokens: number[]; best: number; lead: Lead } {
    const { blank } = this
    const [ofBlank, ofToken] = [likeliest(leads.blank), likeliest(leads.token)]
    const fused = bonuses ? scores.map((score, v) => score + (bonuses[v] as number)) : scores
    const tokens = topTokens(fused, this.beamSize, blank)
    const first = tokens[0]
    if (first === undefined) return { tokens, best: blank, lead: ofBlank }
    const blankScore = this.blankScore(scores) + ofBlank.score
    const tokenScore = (fused[first] as number) + ofToken.score
    const wins = tokenScore > blankScore || (tokenScore === blankScore && first < blank)
    return wins ? { tokens, best: first, lead: ofToken } : { tokens, best: blank, lead: ofBlank }
  }

  /** The best of the pool, at most `beamSize` and greedy search's. */
  prune(pool: readonly Hypothesis<State>[]): Hypothesis<State>[] {
    const ranked = pool.toSorted((a, b) => b.total - a.total)
    return ranked.filter(({ greedy }, rank) => greedy || rank < this.beamSize)
  }

  /** Results, the best first, with what fusion gives and takes at the end. */
  ranked(hypotheses: readonly Hypothesis<State>[]): ScoredTokens[] {
    return hypotheses
      .map(({ prefix, alignment, total, fusion }) => scoredTokens(prefix, alignment, total + (fusion ? (this.fusion as Fusion).ending(fusion) : 0)))
      .sort((a, b) => b.score - a.score)
  }

  private blankScore(scores: Float32Array): number {
    return (scores[this.blank] as number) - this.blankPenalty
  }

  private withBonuses(fusion: Fusion, lists: readonly Hypothesis<State>[][]): Hypothesis<State>[][] {
    const missing = lists.flat().filter(({ bonuses }) => bonuses === undefined)
    const rows = missing.map(({ predictor, fusion: state }) => ({ predictor, fusion: state as FusionState }))
    const bonuses = transducerBonuses(this.model, this.silence, fusion, rows)
    const made = new Map(missing.map((one, row) => [one, bonuses[row]]))
    return lists.map((list) => list.map((one) => (one.bonuses ? one : { ...one, bonuses: made.get(one) })))
  }
}

/** Adds a hypothesis to those that are at the same place, as one with the equal prefix if there is one. */
export function merge<State>(pool: Hypothesis<State>[], one: Hypothesis<State>): void {
  const at = pool.findIndex(({ prefix }) => samePrefix(prefix, one.prefix))
  const other = pool[at]
  if (!other) {
    pool.push(one)
    return
  }
  const better = one.path > other.path ? one : other
  // Whichever has been scored already keeps its predictor's state.
  const known = one.fresh ? other : one
  pool[at] = {
    ...known, total: logAdd(one.total, other.total), path: better.path, alignment: better.alignment, greedy: one.greedy || other.greedy,
  }
}
