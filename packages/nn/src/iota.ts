import { tf } from '@parlance/runtime'

/** The whole numbers 0 … count − 1: int32 (count). */
export function iota(count: number): tf.Tensor1D {
  return tf.range(0, count, 1, 'int32')
}
