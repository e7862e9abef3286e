import { pathAlignment, pathTokens, type Path, type RankedHypothesis } from '../hypothesis.js'
import type { Ranker } from './ranker.js'

/** What the pool keeps of a hypothesis. */
export interface Ended {
  readonly path: Path | undefined
  /** Tokens on the path. */
  readonly length: number
  /** The model's log-probability. */
  readonly logProb: number
  /** The log-probability as lowered by filters: what ranks. */
  readonly total: number
  readonly coverage: Float64Array | undefined
  /** Whether the model gave attention. */
  readonly aligned: boolean
}

/** The hypotheses of one beam that have ended, ranked, and the rule that says when no more are needed. */
export class BeamPool {
  readonly #ranker: Ranker
  readonly #limit: number
  readonly #enough: number
  /** The best finished hypotheses, best first. */
  readonly #finished: RankedHypothesis[] = []
  readonly #unfinished: RankedHypothesis[] = []
  #finishedCount = 0

  /**
   * @param limit how many of the best are kept
   * @param enough this many finished hypotheses settle the search
   */
  constructor(ranker: Ranker, limit: number, enough: number) {
    this.#ranker = ranker
    this.#limit = limit
    this.#enough = enough
  }

  /** A path that then ended: its log-probabilities and its coverage count the end as well. */
  addFinished(ended: Ended): void {
    this.#finishedCount++
    this.#insert(this.#finished, ended, ended.length + 1, true)
  }

  addUnfinished(ended: Ended): void {
    this.#insert(this.#unfinished, ended, Math.max(ended.length, 1), false)
  }

  /** Whether the best are known, given the lowered log-probability of the best hypothesis still alive. */
  isSettled(bestLive: number): boolean {
    if (this.#finishedCount >= this.#enough) return true
    const worst = this.#finished[this.#limit - 1]
    return worst !== undefined && worst.score >= this.#ranker.bound(bestLive)
  }

  get isEmpty(): boolean {
    return this.#finished.length === 0
  }

  /** The best, finished ones first. */
  best(): RankedHypothesis[] {
    return [...this.#finished, ...this.#unfinished].slice(0, this.#limit)
  }

  /** Inserts in descending order of score, equals behind those that came first, and keeps the best. */
  #insert(entries: RankedHypothesis[], ended: Ended, length: number, finished: boolean): void {
    const score = this.#ranker.score(ended.total, length, ended.coverage)
    let at = entries.length
    while (at > 0 && entries[at - 1]!.score < score) at--
    if (at >= this.#limit) return
    const { path, logProb, aligned } = ended
    const tokens = pathTokens(path, ended.length)
    const alignment = aligned && { alignment: pathAlignment(path, ended.length) }
    entries.splice(at, 0, { tokens, logProb, score, finished, ...alignment })
    if (entries.length > this.#limit) entries.pop()
  }
}
