import { tf } from '@parlance/runtime'
import { dimensions } from '../dimensions.js'
import { iota } from '../iota.js'
import { relativePositions } from './relative-positions.js'

/** What is added to the score of a position that must not be seen: finite, since WebGPU may assume no infinities. */
const HIDDEN = -1e9

/**
 * Hides what comes later: (queries, keys), added to attention scores, 0 where query i may see key j and −1e9
 * elsewhere. With more keys than queries (a cache) the last query is aligned with the last key.
 */
export function causalMask(queries: number, keys = queries): tf.Tensor2D {
  return tf.tidy(() => {
    const later = tf.greater(relativePositions(queries, keys), tf.scalar(0, 'int32'))
    return tf.mul(tf.cast(later, 'float32'), HIDDEN) as tf.Tensor2D
  })
}

/**
 * Hides padding: from `keep` (N, keys), of any type and not 0 where a key is real, to (N, 1, 1, keys), added to
 * attention scores. A query for which everything is hidden attends to all keys alike.
 */
export function paddingMask(keep: tf.Tensor): tf.Tensor4D {
  const [examples, keys] = dimensions(keep, 2, 'A padding mask (N, keys)')
  return tf.tidy(() => {
    const hidden = tf.sub(1, tf.cast(keep, 'float32'))
    return tf.reshape(tf.mul(hidden, HIDDEN), [examples, 1, 1, keys]) as tf.Tensor4D
  })
}

/** 1 for the first `lengths[n]` of `count` positions of example n and 0 after: int32 (N, count) from int32 (N). */
export function lengthMask(lengths: tf.Tensor, count: number): tf.Tensor2D {
  dimensions(lengths, 1, 'Lengths (N)')
  return tf.tidy(() => {
    const inside = tf.less(tf.expandDims(iota(count), 0), tf.expandDims(lengths, 1))
    return tf.cast(inside, 'int32') as tf.Tensor2D
  })
}
