import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { dimensions } from '../dimensions.js'
import { rowTargets, softmaxRows, softmaxRowsGradient } from './softmax-rows.js'
import type { SummedLoss, WeightOptions } from './summed.js'

export interface CrossEntropyOptions extends WeightOptions {
  /** Targets of this value neither count nor have a gradient. Default −100, as in PyTorch. */
  ignoreIndex?: number
  /** Share ε of the target that is spread over all classes: Szegedy et al. 2016, section 7. Default 0. */
  labelSmoothing?: number
}

/**
 * −Σ log softmax(logits)[target], in nats. Each target that is not `ignoreIndex` counts, by its weight (M) if given.
 *
 * @param logits (M, V)
 * @param targets int32 (M), each in 0 … V − 1 or `ignoreIndex`; another is an error when the loss is read on a CPU
 */
export function crossEntropy(
  logits: tf.Tensor,
  targets: tf.Tensor,
  { ignoreIndex = -100, labelSmoothing = 0, weights }: CrossEntropyOptions = {},
): SummedLoss {
  const [rows, size] = dimensions(logits, 2, 'The logits of cross-entropy (M, V)')
  const { classes, kept } = rowTargets(rows, size, targets, { ignoreIndex, labelSmoothing, weights })
  const terms = customGradient((save, logits) => {
    const { losses, probabilities, places } = softmaxRows(logits, classes, labelSmoothing)
    save([probabilities, places, kept])
    return {
      value: tf.mul(losses, kept),
      gradient: (dy, saved) => {
        const [probabilities, places, kept] = saved as [tf.Tensor, tf.Tensor, tf.Tensor]
        return [softmaxRowsGradient(probabilities, places, tf.mul(dy, kept), labelSmoothing)]
      },
    }
  }, logits)
  return { sum: tf.sum(terms) as tf.Scalar, count: tf.sum(kept) as tf.Scalar }
}
