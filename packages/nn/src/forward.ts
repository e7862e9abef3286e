import { dropout, type DropoutKey, tf } from '@parlance/runtime'

/** What a forward pass may depend on beside its inputs and parameters. Make one per pass. */
export interface Forward {
  readonly training: boolean
  /** Zeroes each value of `x` (axis 0 = examples) with probability `rate` and scales the others by 1 / (1 − rate). */
  dropout(x: tf.Tensor, rate: number): tf.Tensor
  /** The same for what belongs to no example, such as a weight: all examples of a step see one mask. */
  weightDropout(x: tf.Tensor, rate: number): tf.Tensor
}

/** The forward pass of a finished model: dropout does nothing. */
export const inference: Forward = { training: false, dropout: (x) => x, weightDropout: (x) => x }

/** Stands for "no example" in the key of a mask: examples are counted from 0. */
const NO_EXAMPLE = -1

/**
 * The forward pass of one training step. The n-th dropout of the pass takes its mask from (seed, step, example, n), so
 * that a mask depends neither on how the batch was split nor on what ran before.
 */
export class TrainingContext implements Forward {
  readonly training = true
  private layer = 0

  constructor(private readonly key: DropoutKey) {}

  dropout(x: tf.Tensor, rate: number): tf.Tensor {
    return dropout(x, rate, this.key, this.layer++)
  }

  weightDropout(x: tf.Tensor, rate: number): tf.Tensor {
    const layer = this.layer++
    if (rate === 0) return x
    const key = { ...this.key, examples: tf.tensor1d([NO_EXAMPLE], 'int32') }
    return tf.reshape(dropout(tf.reshape(x, [1, -1]), rate, key, layer), x.shape)
  }
}
