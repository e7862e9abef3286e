import { tf } from '@parlance/runtime'
import { absolute } from './absolute.js'
import { expectPositive, expectSameShape, summed, type SummedLoss, type WeightOptions } from './summed.js'

/** Σ (x − y)²; each value counts, so that the mean is the MSE. `targets` has the shape of `predictions`. */
export function squaredError(predictions: tf.Tensor, targets: tf.Tensor, { weights }: WeightOptions = {}): SummedLoss {
  expectSameShape('the predictions', predictions, 'The targets of squared error', targets)
  return summed('squared error', tf.squaredDifference(predictions, targets), weights)
}

/** Σ |x − y|; each value counts, so that the mean is the MAE, or L1. `targets` has the shape of `predictions`. */
export function absoluteError(predictions: tf.Tensor, targets: tf.Tensor, { weights }: WeightOptions = {}): SummedLoss {
  expectSameShape('the predictions', predictions, 'The targets of absolute error', targets)
  return summed('absolute error', absolute(tf.sub(predictions, targets)), weights)
}

export interface HuberOptions extends WeightOptions {
  /** Where the square turns into a line. Default 1. */
  delta?: number
}

/**
 * Σ ½ d² where d = |x − y| ≤ δ, and δ (d − ½ δ) beyond: Huber 1964. Each value counts. `targets` has the shape of
 * `predictions`.
 */
export function huber(
  predictions: tf.Tensor,
  targets: tf.Tensor,
  { delta = 1, weights }: HuberOptions = {},
): SummedLoss {
  expectSameShape('the predictions', predictions, 'The targets of Huber loss', targets)
  expectPositive('The delta of Huber loss', delta)
  const distance = absolute(tf.sub(predictions, targets))
  // With c = min(d, δ) both branches are c (d − ½ c).
  const near = tf.minimum(distance, delta)
  return summed('Huber loss', tf.mul(near, tf.sub(distance, tf.mul(near, 0.5))), weights)
}
