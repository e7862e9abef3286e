import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { dimensions } from '../dimensions.js'
import { integer, iota } from '../iota.js'

export interface CrossEntropyOptions {
  /** Targets of this value neither count nor have a gradient. Default −100, as in PyTorch. */
  ignoreIndex?: number
  /** Share ε of the target that is spread over all classes: Szegedy et al. 2016, section 7. Default 0. */
  labelSmoothing?: number
}

/** A loss as what can be added up over batches and processes. Both are float32 scalars. */
export interface SummedLoss {
  readonly sum: tf.Scalar
  /** How many targets the sum is over. */
  readonly count: tf.Scalar
}

/** sum / count, or 0 if nothing was counted. */
export function meanLoss({ sum, count }: SummedLoss): tf.Scalar {
  return tf.tidy(() => tf.div(sum, tf.maximum(count, 1)))
}

/**
 * −Σ log softmax(logits)[target], in nats, and the number of targets that are not `ignoreIndex`.
 *
 * @param logits (M, V)
 * @param targets int32 (M), each in 0 … V − 1 or `ignoreIndex`; another is an error when the loss is read on a CPU
 */
export function crossEntropy(
  logits: tf.Tensor,
  targets: tf.Tensor,
  { ignoreIndex = -100, labelSmoothing = 0 }: CrossEntropyOptions = {},
): SummedLoss {
  const [rows, size] = dimensions(logits, 2, 'The logits of cross-entropy (M, V)')
  const [labels] = dimensions(targets, 1, 'The targets of cross-entropy (M)')
  if (labels !== rows) throw new Error(`Cross-entropy needs one target for each row, got ${rows} rows and ${labels} targets.`)
  if (targets.dtype !== 'int32') throw new Error(`The targets of cross-entropy must be int32, got ${targets.dtype}.`)
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new Error(`Label smoothing must lie in [0, 1), got ${labelSmoothing}.`)
  }
  const counted = tf.notEqual(targets, integer(ignoreIndex))
  const kept = tf.cast(counted, 'float32')
  const real = tf.mul(targets, tf.cast(counted, 'int32'))
  // A negative place would be read from the end of its row; one past the end is an error.
  const classes = tf.where(tf.less(real, integer(0)), integer(size), real)
  const sum = tf.sum(rowLosses(logits, classes, kept, labelSmoothing)) as tf.Scalar
  return { sum, count: tf.sum(kept) as tf.Scalar }
}

/**
 * Each row's loss times its entry in `kept` (M). The gradient of a row is softmax − (1 − ε)·onehot − ε/V: one product
 * with the softmax of the forward pass and a scatter into M places, where composing it would pass over (M, V) many
 * times.
 */
function rowLosses(logits: tf.Tensor, classes: tf.Tensor, kept: tf.Tensor, smoothing: number): tf.Tensor {
  const [rows, size] = logits.shape as [number, number]
  const spread = smoothing / size
  return customGradient((save, logits) => {
    const probabilities = tf.softmax(logits)
    const places = tf.stack([iota(rows), classes], 1)
    const chosen = tf.gatherND(logits, places)
    const target =
      smoothing === 0 ? chosen : tf.add(tf.mul(chosen, 1 - smoothing), tf.mul(tf.mean(logits, 1), smoothing))
    // log Σ eˣ = max x − log max p, and the greatest probability is never small.
    const below = tf.sub(tf.max(logits, 1), target)
    const value = tf.mul(tf.sub(below, tf.log(tf.max(probabilities, 1))), kept)
    save([probabilities, places, kept])
    return {
      value,
      gradient: (dy, saved) => {
        const [probabilities, places, kept] = saved as [tf.Tensor, tf.Tensor, tf.Tensor]
        const scale = tf.reshape(tf.mul(dy, kept), [-1, 1])
        const scaled = tf.mul(probabilities, scale)
        const dense = smoothing === 0 ? scaled : tf.sub(scaled, tf.mul(scale, spread))
        const atTarget = tf.sub(tf.gatherND(dense, places), tf.mul(tf.reshape(scale, [-1]), 1 - smoothing))
        return [tf.tensorScatterUpdate(dense, places, atTarget)]
      },
    }
  }, logits)
}
