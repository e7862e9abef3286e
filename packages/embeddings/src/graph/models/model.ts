import { type Initializer, initializers, Module, parameter } from '@parlance/nn'
import { Random, tf } from '@parlance/runtime'
import type { Comparison } from './comparisons.js'

export interface GraphModelOptions {
  readonly entities: number
  readonly relations: number
  /** Numbers an entity has; of a complex vector its real parts, then its imaginary ones. */
  readonly dimensions: number
  /**
   * Whether each relation has a second vector for asking backwards (Lacroix et al. 2018, section 4.2); otherwise both
   * directions are asked of the same.
   */
  readonly reciprocal: boolean
  /** Standard deviation of the first entities and relations. */
  readonly deviation: number
  readonly seed: number
}

/** What is asked for: the tail of a head, or the head of a tail. */
export type Side = 'tails' | 'heads'

/** Dropout of components. */
export interface Hiding {
  /** Of entities' rows (N, dimensions). */
  readonly entities: (rows: tf.Tensor) => tf.Tensor
  /** Of relations' rows (N, relationWidth). */
  readonly relations: (rows: tf.Tensor) => tf.Tensor
}

/** No dropout. */
export const WHOLE: Hiding = { entities: (rows) => rows, relations: (rows) => rows }

/**
 * A model whose score of (h, r, t) is that of a query vector against an entity's vector: f(h, r) · t, or −distance(f(h, r),
 * t). So all entities are scored at once, by one product of matrices where the comparison allows it.
 */
export abstract class GraphModel extends Module {
  /** (entities, dimensions) */
  readonly entities: tf.Variable
  /** (relations, relationWidth), twice as many rows where reciprocal */
  readonly relations: tf.Variable
  readonly reciprocal: boolean
  readonly relationCount: number

  constructor({ entities, relations, dimensions, reciprocal, deviation, seed }: GraphModelOptions, relationWidth: number, relationValues?: Initializer) {
    super()
    const normal = initializers.normal(deviation)
    const random = new Random(seed, 'graph-model')
    this.relationCount = relations
    this.reciprocal = reciprocal
    const table = (name: string, shape: [number, number], draw = normal) => parameter(draw(random.fork(name), shape), shape)
    this.entities = table('entities', [entities, dimensions])
    this.relations = table('relations', [reciprocal ? 2 * relations : relations, relationWidth], relationValues)
  }

  /**
   * The query of entities (N, dimensions) and relations (N, relationWidth): (N, dimensions). For tails the entities are
   * heads, and for heads tails.
   */
  abstract query(entities: tf.Tensor, relations: tf.Tensor, side: Side): tf.Tensor

  /** What makes a score of a query and an entity. */
  protected abstract readonly comparison: Comparison

  /** Whether `scoreAll` is a product of matrices; otherwise it makes (N, C, dimensions) differences. */
  get scoresByProduct(): boolean {
    return this.comparison.byProduct
  }

  /** Scores, higher is better: of queries (N, dimensions) against each of (C, dimensions): (N, C). */
  scoreAll(queries: tf.Tensor, candidates: tf.Tensor): tf.Tensor {
    return this.comparison.all(queries, candidates)
  }

  /** Scores of queries (N, dimensions) against candidates of their own (N, K, dimensions): (N, K). */
  scoreOwn(queries: tf.Tensor, candidates: tf.Tensor): tf.Tensor {
    return this.comparison.own(queries, candidates)
  }

  /** What a penalty is on: |x| of each component of entities (N, dimensions), of complex ones the modulus. */
  abstract moduli(entities: tf.Tensor): tf.Tensor

  /** The same of relations (N, relationWidth), or nothing where a penalty on them has no meaning. */
  relationModuli(relations: tf.Tensor): tf.Tensor | undefined {
    return this.moduli(relations)
  }

  /**
   * The queries of ids (N): relation r asks for tails, r + R for heads, as in `Queries`.
   *
   * @param hide leaves out some of what the queries are made of; default nothing
   * @returns the queries and the whole rows that they are made of, which penalties are on
   */
  ask(entityIds: tf.Tensor1D, relationIds: tf.Tensor1D, hide: Hiding = WHOLE): { queries: tf.Tensor; entities: tf.Tensor; relations: tf.Tensor } {
    const entities = tf.gather(this.entities, entityIds)
    const query = (relations: tf.Tensor, side: Side) => this.query(hide.entities(entities), hide.relations(relations), side)
    if (this.reciprocal) {
      const relations = tf.gather(this.relations, relationIds)
      return { queries: query(relations, 'tails'), entities, relations }
    }
    const backward = tf.greaterEqual(relationIds, tf.scalar(this.relationCount, 'int32'))
    const ids = tf.sub(relationIds, tf.mul(tf.cast(backward, 'int32'), tf.scalar(this.relationCount, 'int32')))
    const relations = tf.gather(this.relations, ids as tf.Tensor1D)
    const [tails, heads] = [query(relations, 'tails'), query(relations, 'heads')]
    return { queries: tf.where(tf.expandDims(backward, 1), heads, tails), entities, relations }
  }
}
