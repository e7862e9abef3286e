import { type LinkPrediction, linkPrediction, placeAnswer, type Ranks, realisticRank } from '@parlance/metrics'
import { jit, tf } from '@parlance/runtime'
import type { GraphModel } from './models/model.js'
import { KnownAnswers } from './queries.js'
import type { Triples } from './triples.js'

export interface RankingOptions {
  /** Triples whose answers are left out of the ranks of others; none: raw ranks. */
  readonly filter: readonly Triples[]
  /** Queries scored at a time. Default as many as make 2²² scores. */
  readonly batch?: number
}

const SCORES = 1 << 22
/** Of a comparison that is no product, differences are made of so many components at a time. */
const COMPONENTS = 1 << 24

/** Ranks of entities under a model; kept over evaluations, so that it compiles once. */
export class EntityRanking {
  private readonly known: KnownAnswers
  private readonly batch: number
  private readonly scores

  constructor(
    private readonly model: GraphModel,
    { filter, batch }: RankingOptions,
  ) {
    const [entities, dimensions] = model.entities.shape as [number, number]
    this.known = new KnownAnswers(filter, model.relationCount)
    this.batch = batch ?? Math.max(1, Math.floor((model.scoresByProduct ? SCORES : COMPONENTS / dimensions) / entities))
    this.scores = jit((ids: tf.Tensor, relations: tf.Tensor) =>
      model.scoreAll(model.ask(ids as tf.Tensor1D, relations as tf.Tensor1D).queries, model.entities),
    )
  }

  /** The rank of each triple's tail and head among all entities, ties in the middle. */
  async rank({ heads, relations, tails }: Triples): Promise<{ heads: Ranks; tails: Ranks; relations: Int32Array }> {
    const backward = relations.map((r) => r + this.model.relationCount)
    return { tails: await this.ranks(heads, relations, tails), heads: await this.ranks(tails, backward, heads), relations }
  }

  private async ranks(entities: Int32Array, relations: Int32Array, answers: Int32Array): Promise<Ranks> {
    const ranks = new Float64Array(answers.length)
    const candidates = new Int32Array(answers.length)
    const width = this.model.entities.shape[0] as number
    for (let first = 0; first < answers.length; first += this.batch) {
      const scores = await this.scored(entities, relations, first)
      for (let row = 0; row < this.batch && first + row < answers.length; row++) {
        const i = first + row
        const known = this.known.of(entities[i]!, relations[i]!)
        const placed = placeAnswer(scores.subarray(row * width, (row + 1) * width), answers[i]!, known)
        ranks[i] = realisticRank(placed)
        candidates[i] = placed.candidates
      }
    }
    return { ranks, candidates }
  }

  /** (batch, entities); the last batch is filled up with entity and relation 0. */
  private async scored(entities: Int32Array, relations: Int32Array, first: number): Promise<Float32Array> {
    const part = (of: Int32Array) => {
      const ids = new Int32Array(this.batch)
      ids.set(of.subarray(first, first + this.batch))
      return tf.tensor1d(ids, 'int32')
    }
    const [ids, kinds] = [part(entities), part(relations)]
    const scores = this.scores(ids, kinds)
    const values = (await scores.data()) as Float32Array
    tf.dispose([ids, kinds, scores])
    return values
  }

  dispose(): void {
    this.scores.dispose()
  }
}

/** Link prediction on `triples`; see `EntityRanking` and `linkPrediction` of `@parlance/metrics`. */
export async function evaluateGraph(model: GraphModel, triples: Triples, options: RankingOptions): Promise<LinkPrediction> {
  const ranking = new EntityRanking(model, options)
  try {
    return linkPrediction(await ranking.rank(triples))
  } finally {
    ranking.dispose()
  }
}
