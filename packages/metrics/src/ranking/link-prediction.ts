import { MetricError } from '../error.js'
import { bootstrap, type BootstrapOptions, type ConfidenceInterval } from '../significance/bootstrap.js'

/** Ranks of the right answers to queries of one kind: a number each. */
export interface Ranks {
  /** From 1; halves where there are ties. */
  readonly ranks: Float64Array
  /** How many candidates each was ranked among, itself included. */
  readonly candidates: Int32Array
}

export interface RankingMetrics {
  readonly queries: number
  /** Mean reciprocal rank. */
  readonly mrr: number
  /** Share of the queries with a rank of k at most. */
  readonly hits: Readonly<Record<number, number>>
  readonly meanRank: number
  /**
   * Mean rank over that of random scores (Berrendorf et al. 2020, equation 5): 1 for random scores, lower is better. Unlike
   * the mean rank it can be compared between graphs of different sizes.
   */
  readonly adjustedMeanRank: number
}

/** Figures of ranks. @throws MetricError for no ranks and for one that is not within 1 … candidates. */
export function rankingMetrics({ ranks, candidates }: Ranks, cutoffs: readonly number[] = [1, 3, 10]): RankingMetrics {
  const queries = ranks.length
  if (queries === 0) throw new MetricError('ranking metrics need one rank at least, got none')
  if (candidates.length !== queries) throw new MetricError(`each of ${queries} ranks needs its number of candidates, got ${candidates.length}`)
  let [reciprocals, total, expected] = [0, 0, 0]
  const within = cutoffs.map(() => 0)
  for (let i = 0; i < queries; i++) {
    const rank = ranks[i]!
    if (!(rank >= 1 && rank <= candidates[i]!)) throw new MetricError(`a rank must be within 1 and ${candidates[i]}, got ${rank}`)
    reciprocals += 1 / rank
    total += rank
    expected += (candidates[i]! + 1) / 2
    for (let c = 0; c < cutoffs.length; c++) if (rank <= cutoffs[c]!) within[c]!++
  }
  return {
    queries,
    mrr: reciprocals / queries,
    hits: Object.fromEntries(cutoffs.map((k, c) => [k, within[c]! / queries])),
    meanRank: total / queries,
    adjustedMeanRank: total / expected,
  }
}

/** The two queries of each of some triples: (?, relation, tail) and (head, relation, ?). */
export interface LinkRanks {
  readonly heads: Ranks
  readonly tails: Ranks
  /** The relation of each triple. */
  readonly relations: Int32Array
}

export interface LinkPrediction extends RankingMetrics {
  /** Of the mrr over both sides, by resampling triples: the two queries of one are no independent samples. */
  readonly interval: ConfidenceInterval
  readonly heads: RankingMetrics
  readonly tails: RankingMetrics
  /** By relation, both sides. */
  readonly relations: ReadonlyMap<number, RankingMetrics>
}

/**
 * Link prediction in a knowledge graph: figures over both sides together, by side and by relation.
 *
 * @param options of the interval; default seed 1
 * @throws MetricError for ranks whose numbers do not agree
 */
export function linkPrediction({ heads, tails, relations }: LinkRanks, options: BootstrapOptions = { seed: 1 }): LinkPrediction {
  const size = relations.length
  if (heads.ranks.length !== size || tails.ranks.length !== size) {
    throw new MetricError(`link prediction needs a rank of each side for each of ${size} triples, got ${heads.ranks.length} and ${tails.ranks.length}`)
  }
  const all = rankingMetrics(joined(heads, tails))
  const reciprocals = Float64Array.from({ length: size }, (_, i) => (1 / heads.ranks[i]! + 1 / tails.ranks[i]!) / 2)
  const meanAt = (positions: Int32Array) => positions.reduce((sum, i) => sum + reciprocals[i]!, 0) / positions.length
  const rows = new Map<number, number[]>()
  for (let i = 0; i < size; i++) {
    const those = rows.get(relations[i]!)
    if (those) those.push(i)
    else rows.set(relations[i]!, [i])
  }
  return {
    ...all,
    interval: bootstrap(size, meanAt, options),
    heads: rankingMetrics(heads),
    tails: rankingMetrics(tails),
    relations: new Map([...rows].map(([relation, at]) => [relation, rankingMetrics(joined(taken(heads, at), taken(tails, at)))])),
  }
}

function joined(a: Ranks, b: Ranks): Ranks {
  const [ranks, candidates] = [new Float64Array(2 * a.ranks.length), new Int32Array(2 * a.ranks.length)]
  ranks.set(a.ranks)
  ranks.set(b.ranks, a.ranks.length)
  candidates.set(a.candidates)
  candidates.set(b.candidates, a.ranks.length)
  return { ranks, candidates }
}

function taken({ ranks, candidates }: Ranks, at: readonly number[]): Ranks {
  return { ranks: Float64Array.from(at, (i) => ranks[i]!), candidates: Int32Array.from(at, (i) => candidates[i]!) }
}
