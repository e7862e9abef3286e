import { tf } from '@parlance/runtime'
import { expectLabels, scoreOfLabel, withoutLabel } from './class-scores.js'
import { expectNonNegative, expectSameShape, summed, type SummedLoss, type WeightOptions } from './summed.js'

export interface FocalOptions extends WeightOptions {
  /** γ: how much examples that are classified well lose weight; 0 is cross-entropy. Default 2. */
  focus?: number
}

export interface BinaryFocalOptions extends FocalOptions {
  /** α: the weight of positive targets, 1 − α being that of negative ones. Default: no such weights. */
  positiveShare?: number
}

/**
 * −Σ α_t (1 − p_t)^γ log p_t with p_t = σ(x) for positive and 1 − σ(x) for negative targets: Lin, Goyal, Girshick, He
 * and Dollár 2017, equation 5. Each decision counts.
 *
 * @param logits x, any shape
 * @param targets of the same shape, 0 or 1 (or bool)
 */
export function binaryFocal(
  logits: tf.Tensor,
  targets: tf.Tensor,
  { focus = 2, positiveShare, weights }: BinaryFocalOptions = {},
): SummedLoss {
  expectSameShape('the logits', logits, 'The targets of focal loss', targets)
  expectNonNegative('The focus of focal loss', focus)
  if (positiveShare !== undefined && !(positiveShare >= 0 && positiveShare <= 1)) {
    throw new Error(`The positive share of focal loss must lie in [0, 1], got ${positiveShare}.`)
  }
  const y = tf.cast(targets, 'float32')
  // log p_t = −softplus(−s x) and log(1 − p_t) = −softplus(s x): no power of a number near 0 is taken.
  const signed = tf.mul(logits, tf.sub(tf.mul(y, 2), 1))
  const terms = modulated(tf.neg(tf.softplus(tf.neg(signed))), tf.neg(tf.softplus(signed)), focus)
  if (positiveShare === undefined) return summed('focal loss', terms, weights)
  const share = tf.add(tf.mul(y, 2 * positiveShare - 1), 1 - positiveShare)
  return summed('focal loss', tf.mul(terms, share), weights)
}

/**
 * −Σ (1 − p_y)^γ log p_y with p = softmax(logits): focal loss over exclusive classes. Each row counts.
 *
 * @param logits (M, V), two classes at least
 * @param labels y, int32 (M), each in 0 … V − 1; another is an error when the loss is read on a CPU
 */
export function focal(logits: tf.Tensor, labels: tf.Tensor, { focus = 2, weights }: FocalOptions = {}): SummedLoss {
  const [, classes] = expectLabels('focal loss', logits, labels)
  if (classes < 2) throw new Error(`Focal loss needs 2 classes at least, got ${classes}.`)
  expectNonNegative('The focus of focal loss', focus)
  const total = tf.logSumExp(logits, 1)
  const logOfLabel = tf.sub(scoreOfLabel(logits, labels), total)
  const logOfOthers = tf.sub(tf.logSumExp(withoutLabel(logits, labels), 1), total)
  return summed('focal loss', modulated(logOfLabel, logOfOthers, focus), weights)
}

/** −(1 − p)^γ log p from both logarithms. */
function modulated(logP: tf.Tensor, logOther: tf.Tensor, focus: number): tf.Tensor {
  return tf.neg(focus === 0 ? logP : tf.mul(tf.exp(tf.mul(logOther, focus)), logP))
}
