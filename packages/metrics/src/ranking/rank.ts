import { MetricError } from '../error.js'

/** Where the right answer stands among the candidates of one query. */
export interface Placed {
  /** Candidates with a higher score. */
  readonly better: number
  /** Other candidates with the same score. */
  readonly ties: number
  /** Candidates that were compared, the answer among them. */
  readonly candidates: number
}

/**
 * Places candidate `answer` among all candidates by their scores, those in `excluded` left out: other right answers, for
 * a filtered rank (Bordes et al. 2013, section 4.2).
 *
 * @param scores one a candidate, higher is better
 * @param excluded distinct candidates; `answer` may be among them and stays
 * @throws MetricError for a score that is not a number, and an answer that is no candidate
 */
export function placeAnswer(scores: Float32Array, answer: number, excluded: Int32Array = NONE): Placed {
  const target = scores[answer]
  if (target === undefined) throw new MetricError(`the answer must be one of ${scores.length} candidates, got ${answer}`)
  let [better, same, worse] = [0, 0, 0]
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!
    if (score < target) worse++
    else if (score > target) better++
    else if (score === target) same++
  }
  if (better + same + worse !== scores.length) throw new MetricError('a score is not a number (NaN): nothing can be ranked')
  let left = 0
  for (const other of excluded) {
    if (other === answer) continue
    left++
    const score = scores[other]
    if (score === undefined) throw new MetricError(`an excluded candidate must be one of ${scores.length}, got ${other}`)
    if (score > target) better--
    else if (score === target) same--
  }
  return { better, ties: same - 1, candidates: scores.length - left }
}

const NONE = new Int32Array()

/**
 * The mean of the optimistic rank (ahead of all ties) and the pessimistic one (behind them), from 1: "realistic" in
 * Berrendorf et al. 2020. A model that gives all candidates the same score is in the middle.
 */
export function realisticRank({ better, ties }: Placed): number {
  return better + 1 + ties / 2
}
