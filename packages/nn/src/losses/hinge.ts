import { tf } from '@parlance/runtime'
import { expectLabels, scoreOfLabel, withoutLabel } from './class-scores.js'
import { expectPositive, expectSameShape, summed, type SummedLoss, type WeightOptions } from './summed.js'

export interface HingeOptions extends WeightOptions {
  /** How far a score must be on the right side to cost nothing. Default 1. */
  margin?: number
}

/**
 * Σ max(0, margin − s·x), s = 1 where the target is true and −1 elsewhere: the support vector machine's loss. Each
 * score counts.
 *
 * @param scores x, any shape
 * @param targets of the same shape, 0 or 1 (or bool)
 */
export function hinge(scores: tf.Tensor, targets: tf.Tensor, { margin = 1, weights }: HingeOptions = {}): SummedLoss {
  expectSameShape('the scores', scores, 'The targets of hinge loss', targets)
  expectPositive('The margin of hinge loss', margin)
  const sign = tf.sub(tf.mul(tf.cast(targets, 'float32'), 2), 1)
  return summed('hinge loss', tf.relu(tf.sub(margin, tf.mul(sign, scores))), weights)
}

/**
 * Σ max(0, margin + max_{j ≠ y} x_j − x_y): the multi-class hinge of Crammer and Singer 2001. Each row counts.
 *
 * @param scores x (M, V), two classes at least
 * @param labels y, int32 (M), each in 0 … V − 1; another is an error when the loss is read on a CPU
 */
export function multiClassHinge(
  scores: tf.Tensor,
  labels: tf.Tensor,
  { margin = 1, weights }: HingeOptions = {},
): SummedLoss {
  const [, classes] = expectLabels('multi-class hinge', scores, labels)
  if (classes < 2) throw new Error(`Multi-class hinge compares a class with others: it needs 2 at least, got ${classes}.`)
  expectPositive('The margin of multi-class hinge', margin)
  const best = tf.max(withoutLabel(scores, labels), 1)
  const terms = tf.relu(tf.add(tf.sub(best, scoreOfLabel(scores, labels)), margin))
  return summed('multi-class hinge', terms, weights)
}
