import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { expectSameShape, summed, type SummedLoss, type WeightOptions } from './summed.js'

export interface BinaryCrossEntropyOptions extends WeightOptions {
  /**
   * What a positive target's term is multiplied by, against rare positives: a number, or a tensor that broadcasts to
   * the logits, (C) for one weight per label. Does not change the count. Default 1.
   */
  positiveWeight?: number | tf.Tensor
}

/**
 * −Σ [w₊ y log σ(x) + (1 − y) log(1 − σ(x))], in nats, over independent yes/no decisions: (N) for a binary classifier,
 * (N, C) for multi-label classification. Stable for any logit: both logarithms are −softplus(∓x). Each decision counts.
 *
 * @param logits x, any shape
 * @param targets y of the same shape, in 0 … 1; float32, int32 or bool
 */
export function binaryCrossEntropy(
  logits: tf.Tensor,
  targets: tf.Tensor,
  { positiveWeight = 1, weights }: BinaryCrossEntropyOptions = {},
): SummedLoss {
  expectSameShape('the logits', logits, 'The targets of binary cross-entropy', targets)
  const y = tf.cast(targets, 'float32')
  const positive = tf.broadcastTo(tf.mul(y, positiveWeight), logits.shape)
  const negative = tf.sub(1, y)
  const terms = customGradient((save, x) => {
    save([x, positive, negative])
    const value = tf.add(tf.mul(positive, tf.softplus(tf.neg(x))), tf.mul(negative, tf.softplus(x)))
    return {
      value,
      // (w₊ y + 1 − y) σ(x) − w₊ y
      gradient: (dy, saved) => {
        const [x, positive, negative] = saved as [tf.Tensor, tf.Tensor, tf.Tensor]
        return [tf.mul(dy, tf.sub(tf.mul(tf.add(positive, negative), tf.sigmoid(x)), positive))]
      },
    }
  }, logits)
  return summed('binary cross-entropy', terms, weights)
}
