import { tf } from '@parlance/runtime'
import { dimensions } from '../dimensions.js'

/**
 * The mean of the positions that count: from x (N, T, C) and `keep` (N, T), of any type and not 0 where a position counts,
 * to (N, C). Zero where none does.
 */
export function maskedMean(x: tf.Tensor, keep: tf.Tensor): tf.Tensor {
  const kept = keptOf(x, keep)
  const count = tf.maximum(tf.sum(tf.cast(kept, 'float32'), 1), 1)
  return tf.div(tf.sum(tf.where(kept, x, tf.zerosLike(x)), 1), count)
}

/** The greatest value of each channel over the positions that count: axes as in `maskedMean`. Zero where none does. */
export function maskedMax(x: tf.Tensor, keep: tf.Tensor): tf.Tensor {
  const kept = keptOf(x, keep)
  const greatest = tf.max(tf.where(kept, x, tf.fill(x.shape, LOWEST)), 1)
  return tf.where(tf.any(kept, 1), greatest, tf.zerosLike(greatest))
}

/** Below every value: finite, since WebGPU may assume no infinities. */
const LOWEST = -3e38

/** bool (N, T, 1) */
function keptOf(x: tf.Tensor, keep: tf.Tensor): tf.Tensor {
  const [examples, steps] = dimensions(x, 3, 'What is pooled (N, T, C)')
  if (keep.shape.join() !== [examples, steps].join()) {
    throw new Error(`Pooling (${examples}, ${steps}, C) needs a mask (${examples}, ${steps}), got shape [${keep.shape.join(', ')}].`)
  }
  return tf.expandDims(tf.cast(keep, 'bool'), 2)
}
