/** Softmax cross-entropy of rows, forward and backward: what the plain and the chunked loss share. */
import { tf } from '@parlance/runtime'
import { dimensions } from '../dimensions.js'
import { integer, iota } from '../iota.js'
import { weightsFor } from './summed.js'

/** Targets (M) as classes with a weight each. */
export interface RowTargets {
  /** int32 (M); one that was out of range is V. */
  classes: tf.Tensor
  /** What each row counts for, 0 for an ignored one: float32 (M). */
  kept: tf.Tensor
}

export interface RowTargetOptions {
  ignoreIndex: number
  labelSmoothing: number
  weights?: tf.Tensor | undefined
}

/** Checks the targets of `rows` rows of logits over `size` classes. */
export function rowTargets(
  rows: number,
  size: number,
  targets: tf.Tensor,
  { ignoreIndex, labelSmoothing, weights }: RowTargetOptions,
): RowTargets {
  const [labels] = dimensions(targets, 1, 'The targets of cross-entropy (M)')
  if (labels !== rows) throw new Error(`Cross-entropy needs one target for each row, got ${rows} rows and ${labels} targets.`)
  if (targets.dtype !== 'int32') throw new Error(`The targets of cross-entropy must be int32, got ${targets.dtype}.`)
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new Error(`Label smoothing must lie in [0, 1), got ${labelSmoothing}.`)
  }
  const counted = tf.notEqual(targets, integer(ignoreIndex))
  const unignored = tf.cast(counted, 'float32')
  const real = tf.mul(targets, tf.cast(counted, 'int32'))
  return {
    // A negative place would be read from the end of its row; one past the end is an error.
    classes: tf.where(tf.less(real, integer(0)), integer(size), real),
    kept: weights ? tf.mul(unignored, weightsFor('cross-entropy', [rows], weights)) : unignored,
  }
}

/** What the forward pass leaves for the backward one. */
export interface SoftmaxRows {
  /** Each row's loss: (M). */
  losses: tf.Tensor
  /** softmax(logits): (M, V). */
  probabilities: tf.Tensor
  /** (m, class) of each row: int32 (M, 2). */
  places: tf.Tensor
}

/** −Σ target · log softmax(logits) of each row, the target being (1 − ε)·onehot + ε/V. */
export function softmaxRows(logits: tf.Tensor, classes: tf.Tensor, smoothing: number): SoftmaxRows {
  const probabilities = tf.softmax(logits)
  const places = tf.stack([iota(logits.shape[0] as number), classes], 1)
  const chosen = tf.gatherND(logits, places)
  const target =
    smoothing === 0 ? chosen : tf.add(tf.mul(chosen, 1 - smoothing), tf.mul(tf.mean(logits, 1), smoothing))
  // log Σ eˣ = max x − log max p, and the greatest probability is never small.
  const below = tf.sub(tf.max(logits, 1), target)
  return { losses: tf.sub(below, tf.log(tf.max(probabilities, 1))), probabilities, places }
}

/**
 * The gradient by the logits of Σ scale · loss, scale (M): softmax − (1 − ε)·onehot − ε/V, which is one product with
 * the softmax of the forward pass and a scatter into M places, where composing it would pass over (M, V) many times.
 */
export function softmaxRowsGradient(
  probabilities: tf.Tensor,
  places: tf.Tensor,
  scale: tf.Tensor,
  smoothing: number,
): tf.Tensor {
  const column = tf.expandDims(scale, 1)
  const scaled = tf.mul(probabilities, column)
  const dense = smoothing === 0 ? scaled : tf.sub(scaled, tf.mul(column, smoothing / (probabilities.shape[1] as number)))
  const atTarget = tf.sub(tf.gatherND(dense, places), tf.mul(scale, 1 - smoothing))
  return tf.tensorScatterUpdate(dense, places, atTarget)
}
