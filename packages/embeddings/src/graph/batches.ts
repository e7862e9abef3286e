import { epochBatches } from '@parlance/nn'
import { Random, tf } from '@parlance/runtime'
import { type Queries, queriesOf } from './queries.js'
import type { Triples } from './triples.js'

/** Queries and their answers, padded to the same sizes in every batch. All but the last two are int32. */
export type GraphBatch = {
  /** (Q) */
  entities: tf.Tensor1D
  /** (Q): r for tails, r + R for heads */
  relations: tf.Tensor1D
  /** (P) */
  rows: tf.Tensor1D
  /** (P) */
  answers: tf.Tensor1D
  /** (K) or (Q, K), none (0) where all entities are compared with */
  negatives: tf.Tensor
  /** float32 (P) */
  placed: tf.Tensor1D
  /** float32 (Q) */
  weights: tf.Tensor1D
}

/** How negatives are drawn: one set for the whole batch, or one for each query, uniformly; or the batch's own answers. */
type NegativeSampling = { readonly kind: 'shared' | 'uniform'; readonly count: number } | { readonly kind: 'batch' }

export interface BatchOptions {
  /** Queries a batch. */
  readonly size: number
  /**
   * Answers of a query that stand in one row: 1, or more, or all. Every batch has room for the longest row, which of a query with
   * thousands would be most of it.
   */
  readonly answersPerRow: number
  readonly negatives?: NegativeSampling
  readonly entityCount: number
  readonly relationCount: number
  readonly seed: number
}

/**
 * Answers of a row for losses that are the same in one row and in several: with more, batches are mostly padding; with fewer, there
 * are more rows (FB15k-237: 8% more than queries).
 */
export const EVEN_ROWS = 16

/** Answers that a batch has room for, in averages of its queries. */
const ROOM = 1.5

/** A query for each triple and side, with that answer alone. */
function singleQueries({ heads, relations, tails }: Triples, relationCount: number): Queries {
  const size = heads.length
  const twice = (first: Int32Array, second: Int32Array) => {
    const both = new Int32Array(2 * size)
    both.set(first)
    both.set(second, size)
    return both
  }
  return {
    entities: twice(heads, tails),
    relations: twice(relations, relations.map((r) => r + relationCount)),
    answers: twice(tails, heads),
    offsets: Int32Array.from({ length: 2 * size + 1 }, (_, i) => i),
  }
}

/** The same queries, those with more answers several times. */
function parted({ entities, relations, offsets, answers }: Queries, answersPerRow: number): Queries {
  const rows: number[] = []
  const starts: number[] = []
  for (let q = 0; q < entities.length; q++) {
    for (let at = offsets[q]!; at < offsets[q + 1]!; at += answersPerRow) {
      rows.push(q)
      starts.push(at)
    }
  }
  return {
    entities: Int32Array.from(rows, (q) => entities[q]!),
    relations: Int32Array.from(rows, (q) => relations[q]!),
    offsets: Int32Array.from([...starts, answers.length]),
    answers,
  }
}

/** The batches of training, each a function of its step alone: every epoch asks every query once, in an order of its own. */
export class GraphBatches {
  private readonly queries: Queries
  private readonly room: number
  private readonly at: (step: number) => { epoch: number; batch: Int32Array }

  constructor(
    triples: Triples,
    private readonly options: BatchOptions,
  ) {
    const { size, answersPerRow, relationCount, seed } = options
    const grouped = answersPerRow > 1
    this.queries = grouped ? parted(queriesOf([triples], relationCount), answersPerRow) : singleQueries(triples, relationCount)
    const { offsets, answers } = this.queries
    const count = offsets.length - 1
    let most = 0
    for (let q = 0; q < count; q++) most = Math.max(most, offsets[q + 1]! - offsets[q]!)
    this.room = grouped ? Math.max(most, Math.ceil((ROOM * size * answers.length) / count)) : size
    this.at = epochBatches((epoch) => this.cut(new Random(seed, 'graph-order', epoch).permutation(count)))
  }

  /** Steps of the first epoch; those of others differ by few, with how the answers fall. */
  get stepsPerEpoch(): number {
    return this.cut(new Random(this.options.seed, 'graph-order', 0).permutation(this.queries.offsets.length - 1)).length
  }

  /** Batches of as many queries of `order` as there is room for. */
  private cut(order: Int32Array): Int32Array[] {
    const { offsets } = this.queries
    const batches: Int32Array[] = []
    let [first, answers] = [0, 0]
    for (let i = 0; i < order.length; i++) {
      const q = order[i]!
      const own = offsets[q + 1]! - offsets[q]!
      if (i - first === this.options.size || answers + own > this.room) {
        batches.push(order.subarray(first, i))
        ;[first, answers] = [i, 0]
      }
      answers += own
    }
    batches.push(order.subarray(first))
    return batches
  }

  /** The batch of a step (1 is the first), whose tensors are the caller's to dispose. */
  batch(step: number): GraphBatch {
    const { queries, room } = this
    const { size } = this.options
    const { batch } = this.at(step)
    const [entities, relations, weights] = [new Int32Array(size), new Int32Array(size), new Float32Array(size)]
    const [rows, answers, placed] = [new Int32Array(room), new Int32Array(room), new Float32Array(room)]
    let filled = 0
    for (const [row, q] of batch.entries()) {
      entities[row] = queries.entities[q]!
      relations[row] = queries.relations[q]!
      for (let i = queries.offsets[q]!; i < queries.offsets[q + 1]!; i++) {
        rows[filled] = row
        answers[filled] = queries.answers[i]!
        placed[filled++] = 1
        weights[row]!++
      }
    }
    rows.fill(rows[0]!, filled)
    answers.fill(answers[0]!, filled)
    return {
      entities: tf.tensor1d(entities, 'int32'),
      relations: tf.tensor1d(relations, 'int32'),
      rows: tf.tensor1d(rows, 'int32'),
      answers: tf.tensor1d(answers, 'int32'),
      placed: tf.tensor1d(placed),
      weights: tf.tensor1d(weights),
      negatives: this.negatives(step, answers),
    }
  }

  private negatives(step: number, answers: Int32Array): tf.Tensor {
    const { negatives, size, entityCount, seed } = this.options
    if (!negatives) return tf.tensor1d([], 'int32')
    if (negatives.kind === 'batch') return tf.tensor1d(answers, 'int32')
    const { kind, count } = negatives
    const random = new Random(seed, 'graph-negatives', step)
    const drawn = Int32Array.from({ length: kind === 'shared' ? count : size * count }, () => random.integer(entityCount))
    return kind === 'shared' ? tf.tensor1d(drawn, 'int32') : tf.tensor2d(drawn, [size, count], 'int32')
  }
}
