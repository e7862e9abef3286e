import type { SummedLoss } from '@parlance/nn'
import { tf } from '@parlance/runtime'
import type { GraphBatch } from './batches.js'
import { logisticOfAll, negativeLoss, type NegativeLossOptions, softmaxOfAll } from './losses.js'
import { type GraphModel, type Hiding, WHOLE } from './models/model.js'

interface Penalty {
  /**
   * `n3`: Σ|x|³ (Lacroix et al. 2018, equation 5); `l2`: Σ|x|²; over the components of head, relation and tail of each
   * triple of the batch, so that frequent ones are penalised more.
   */
  readonly kind: 'n3' | 'l2'
  readonly strength: number
}

export interface ObjectiveOptions extends NegativeLossOptions {
  /** Against all entities (then `loss` is no `margin`) or the negatives of the batch. */
  readonly against: 'all' | 'negatives'
  readonly penalty?: Penalty
}

/**
 * The loss of a batch and its penalty: a sum that counts right answers. May be traced.
 *
 * @param hide components of queries and of what they are compared with; penalties see them all. Default nothing
 */
export function graphLoss(model: GraphModel, batch: GraphBatch, options: ObjectiveOptions, hide: Hiding = WHOLE): SummedLoss {
  const { entities, relations, answers, placed, weights } = batch
  const asked = model.ask(entities, relations, hide)
  const ofAnswers = tf.gather(model.entities, answers)
  const fit =
    options.against === 'all'
      ? (options.loss === 'softmax' ? softmaxOfAll : logisticOfAll)(model.scoreAll(asked.queries, hide.entities(model.entities)), batch)
      : tf.sum(tf.mul(sampledLosses(model, batch, asked.queries, hide.entities(ofAnswers), options, hide), placed))
  const count = tf.sum(placed) as tf.Scalar
  const { penalty } = options
  if (!penalty) return { sum: fit as tf.Scalar, count }
  const size = (moduli: tf.Tensor, weights: tf.Tensor) =>
    tf.sum(tf.mul(tf.sum(penalty.kind === 'n3' ? tf.mul(tf.square(moduli), moduli) : tf.square(moduli), 1), weights))
  const ofRelations = model.relationModuli(asked.relations)
  const sizes = [size(model.moduli(asked.entities), weights), size(model.moduli(ofAnswers), placed)]
  if (ofRelations) sizes.push(size(ofRelations, weights))
  return { sum: tf.add(fit, tf.mul(tf.addN(sizes), penalty.strength)) as tf.Scalar, count }
}

/** (Q): each query has one answer, that of its row. */
function sampledLosses(
  model: GraphModel,
  { answers, negatives }: GraphBatch,
  queries: tf.Tensor,
  ofAnswers: tf.Tensor,
  options: NegativeLossOptions,
  hide: Hiding,
): tf.Tensor {
  const drawn = hide.entities(tf.gather(model.entities, negatives as tf.Tensor1D))
  const scores = negatives.rank === 1 ? model.scoreAll(queries, drawn) : model.scoreOwn(queries, drawn)
  const mask = tf.cast(tf.notEqual(negatives, tf.expandDims(answers, 1)), 'float32')
  return negativeLoss(model.scoreOwn(queries, tf.expandDims(ofAnswers, 1)), scores, mask, options)
}
