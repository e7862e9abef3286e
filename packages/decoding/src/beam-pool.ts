import { pathTokens, type Path, type RankedHypothesis } from './hypothesis.js'
import { DecodingError } from './errors.js'
import type { LengthPenalty } from './length-penalty.js'

export interface BeamPoolOptions {
  readonly nBest: number
  readonly lengthPenalty: LengthPenalty
  /** The greatest length a hypothesis can reach, end-of-sentence included. */
  readonly maxLength: number
  /** This many finished hypotheses settle the sentence. */
  readonly enough: number
}

/** The hypotheses of one sentence that have ended, ranked, and the rule that says when no more are needed. */
export class BeamPool {
  readonly maxLength: number
  readonly #options: BeamPoolOptions
  readonly #longestPenalty: number
  /** The n best finished hypotheses, best first. */
  readonly #finished: Entry[] = []
  readonly #unfinished: Entry[] = []
  #finishedCount = 0

  constructor(options: BeamPoolOptions) {
    this.#options = options
    this.maxLength = options.maxLength
    this.#longestPenalty = penaltyOf(options.lengthPenalty, options.maxLength)
  }

  /** A path of `length` tokens that then ended; `logProb` and the length penalty count the end as well. */
  addFinished(path: Path | undefined, length: number, logProb: number): void {
    this.#finishedCount++
    insert(this.#finished, this.#entry(path, length, length + 1, logProb), this.#options.nBest)
  }

  addUnfinished(path: Path | undefined, length: number, logProb: number): void {
    insert(this.#unfinished, this.#entry(path, length, Math.max(length, 1), logProb), this.#options.nBest)
  }

  /**
   * Whether the n best are known, given the log-probability of the best hypothesis still alive.
   * Log-probabilities only fall and the divisor only grows, so no continuation of it can score above
   * its present log-probability over the divisor of the greatest length.
   */
  isSettled(bestLive: number): boolean {
    const { nBest, enough } = this.#options
    if (this.#finishedCount >= enough) return true
    const worst = this.#finished[nBest - 1]
    return worst !== undefined && worst.score >= Math.min(bestLive, 0) / this.#longestPenalty
  }

  get isEmpty(): boolean {
    return this.#finished.length === 0
  }

  best(): RankedHypothesis[] {
    const finished = this.#finished.map((entry) => toHypothesis(entry, true))
    const unfinished = this.#unfinished.map((entry) => toHypothesis(entry, false))
    return [...finished, ...unfinished].slice(0, this.#options.nBest)
  }

  #entry(path: Path | undefined, length: number, penalised: number, logProb: number): Entry {
    return { path, length, logProb, score: logProb / penaltyOf(this.#options.lengthPenalty, penalised) }
  }
}

interface Entry {
  readonly path: Path | undefined
  readonly length: number
  readonly logProb: number
  readonly score: number
}

function penaltyOf(lengthPenalty: LengthPenalty, length: number): number {
  const penalty = lengthPenalty(length)
  if (!(penalty > 0)) throw new DecodingError(`the length penalty of length ${length} must be above 0, got ${penalty}`)
  return penalty
}

/** Inserts in descending order of score, equals behind those that came first, and keeps the `limit` best. */
function insert(entries: Entry[], entry: Entry, limit: number): void {
  let at = entries.length
  while (at > 0 && entries[at - 1]!.score < entry.score) at--
  if (at >= limit) return
  entries.splice(at, 0, entry)
  if (entries.length > limit) entries.pop()
}

function toHypothesis({ path, length, logProb, score }: Entry, finished: boolean): RankedHypothesis {
  return { tokens: pathTokens(path, length), logProb, score, finished }
}
