import { tf } from '@parlance/runtime'
import type { Optimizer } from '../optimizers/optimizer.js'
import { oneMinusPower } from '../optimizers/powers.js'
import { WeightAverage } from './weight-average.js'

export interface ExponentialAverageOptions {
  /** d, in (0, 1): about the last 1 / (1 − d) updates count; default 0.999. */
  decay?: number
  /**
   * How the average begins. 'corrected' (default): as Adam corrects its moments, so that the weights before the first
   * update count nothing: r = (1 − d) / (1 − dᵗ). 'warm-up': from the weights before the first update, with a decay
   * that rises as (1 + t) / (10 + t), as in TensorFlow's ExponentialMovingAverage.
   */
  start?: 'corrected' | 'warm-up'
}

/** Exponential moving average of the weights: average ← d · average + (1 − d) · weights after every update. */
export class ExponentialAverage extends WeightAverage {
  private readonly decay: number
  private readonly start: 'corrected' | 'warm-up'

  /** @throws RangeError for a decay outside (0, 1). */
  constructor(
    parameters: ReadonlyMap<string, tf.Variable>,
    optimizer: Optimizer,
    { decay = 0.999, start = 'corrected' }: ExponentialAverageOptions = {},
  ) {
    if (!(decay > 0 && decay < 1)) throw new RangeError(`The decay of an average must lie between 0 and 1, got ${decay}.`)
    super(parameters, optimizer)
    this.decay = decay
    this.start = start
  }

  protected override rate(step: tf.Tensor): tf.Tensor {
    if (this.start === 'corrected') return tf.div(1 - this.decay, oneMinusPower(this.decay, step))
    // 1 − min(d, (1 + t) / (10 + t))
    return tf.maximum(1 - this.decay, tf.div(9, tf.add(tf.cast(step, 'float32'), 10)))
  }
}
