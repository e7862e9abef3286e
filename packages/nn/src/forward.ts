import { dropout, type DropoutKey, type tf } from '@parlance/runtime'

/** What a forward pass may depend on beside its inputs and parameters. Make one per pass. */
export interface Forward {
  readonly training: boolean
  /** Zeroes each value of `x` (axis 0 = examples) with probability `rate` and scales the others by 1 / (1 − rate). */
  dropout(x: tf.Tensor, rate: number): tf.Tensor
}

/** The forward pass of a finished model: dropout does nothing. */
export const inference: Forward = { training: false, dropout: (x) => x }

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
}
