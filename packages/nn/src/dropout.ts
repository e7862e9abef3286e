import { tf } from '@parlance/runtime'

/** What the masks of one training step are drawn from, beside the layer's number. */
export interface DropoutKey {
  readonly seed: number
  /** The step's number: int32 scalar, a tensor because it changes while the traced step stays the same. */
  readonly step: tf.Tensor
  /** Which examples the batch holds: int32 (N). */
  readonly examples: tf.Tensor
}

/** Zeroes each value of `x` with probability `rate`, scales the others by 1 / (1 − rate). */
export function dropout(x: tf.Tensor, rate: number, key: DropoutKey, layer: number): tf.Tensor {
  return tf.dropout(x, rate, undefined, `${key.seed}/${layer}`)
}
