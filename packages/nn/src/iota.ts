import { tf } from '@parlance/runtime'

export { iota } from '@parlance/runtime'

/** A whole number as int32 scalar. */
export function integer(value: number): tf.Scalar {
  return tf.scalar(value, 'int32')
}
