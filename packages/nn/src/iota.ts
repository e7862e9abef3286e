import { tf } from '@parlance/runtime'

export { iota } from '@parlance/runtime'

/** A whole number as int32 scalar. */
export function integer(value: number): tf.Scalar {
  return tf.scalar(value, 'int32')
}

/** Whole numbers, each at least `least` and at most `most`: TF.js's wasm backend clips floats alone. */
export function within(x: tf.Tensor, least: number, most: number): tf.Tensor {
  return tf.minimum(tf.maximum(x, integer(least)), integer(most))
}
