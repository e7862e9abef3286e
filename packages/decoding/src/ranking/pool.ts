import { type Ending, hypothesisOf, type RankedHypothesis } from '../hypothesis.js'
import type { Ranker } from './ranker.js'

/** What the pool ranks a hypothesis by. */
export interface Ended extends Ending {
  /** The log-probability as lowered by filters. */
  readonly total: number
  readonly coverage: Float64Array | undefined
}

interface Entry {
  readonly ended: Ended
  readonly score: number
}

/** The hypotheses of one beam that have ended, ranked, and the rule that says when no more are needed. */
export class BeamPool {
  readonly #ranker: Ranker
  readonly #limit: number
  readonly #enough: number
  /** The best finished hypotheses, best first. */
  readonly #finished: Entry[] = []
  readonly #unfinished: Entry[] = []
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
    this.#insert(this.#finished, ended, ended.length + 1)
  }

  addUnfinished(ended: Ended): void {
    this.#insert(this.#unfinished, ended, Math.max(ended.length, 1))
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
    const best = [...this.#finished, ...this.#unfinished].slice(0, this.#limit)
    return best.map(({ ended, score }) => ({ ...hypothesisOf(ended), score }))
  }

  /** Inserts in descending order of score, equals behind those that came first, and keeps the best. */
  #insert(entries: Entry[], ended: Ended, length: number): void {
    const score = this.#ranker.score(ended.total, length, ended.coverage)
    let at = entries.length
    while (at > 0 && entries[at - 1]!.score < score) at--
    if (at >= this.#limit) return
    entries.splice(at, 0, { ended, score })
    if (entries.length > this.#limit) entries.pop()
  }
}
