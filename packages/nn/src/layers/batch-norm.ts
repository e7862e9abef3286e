import { tf } from '@parlance/runtime'
import { expectSize, expectWidth } from '../dimensions.js'
import type { Forward } from '../forward.js'
import { Module, parameter } from '../module.js'
import { clear, countedPositions, standardize } from './standardize.js'

export interface BatchNormOptions {
  width: number
  /** Added to the variance. Default 1e-5. */
  epsilon?: number
  /** Share of a new batch in the running statistics. Default 0.1. */
  momentum?: number
}

/**
 * Batch normalisation (Ioffe and Szegedy 2015): each channel to mean 0 and deviation 1, then · weight + bias. Training
 * takes mean and variance over all positions of the batch and assigns the running ones, which inference uses. These are
 * variables that are not trainable: they are saved with the model and left alone by optimizers. As in PyTorch, the
 * running variance is the unbiased one.
 */
export class BatchNorm extends Module {
  readonly weight: tf.Variable
  readonly bias: tf.Variable
  /** (width) */
  readonly running_mean: tf.Variable
  /** (width) */
  readonly running_var: tf.Variable
  private readonly epsilon: number
  private readonly momentum: number

  constructor({ width, epsilon = 1e-5, momentum = 0.1 }: BatchNormOptions) {
    super()
    expectSize('The width of BatchNorm', width)
    if (!(momentum >= 0 && momentum <= 1)) throw new RangeError(`The momentum of BatchNorm must be in 0…1, got ${momentum}.`)
    this.epsilon = epsilon
    this.momentum = momentum
    this.weight = parameter(new Float32Array(width).fill(1), [width])
    this.bias = parameter(new Float32Array(width), [width])
    this.running_mean = statistic(new Float32Array(width))
    this.running_var = statistic(new Float32Array(width).fill(1))
  }

  /**
   * @param x (N, …, width): (N, width), (N, T, width) or (N, height, width of the image, width)
   * @param mask x's axes without the last, such as (N, T), not 0 where a position counts: others, whatever they hold,
   *   enter no statistics and become zero
   * @returns x's shape
   */
  forward(x: tf.Tensor, context: Forward, mask?: tf.Tensor): tf.Tensor {
    expectWidth('BatchNorm', x.shape[x.rank - 1], this.weight.size)
    const counted = mask && countedPositions('BatchNorm', x, mask)
    const input = clear(x, counted)
    if (!context.training) {
      const scale = tf.mul(this.weight, tf.rsqrt(tf.add(this.running_var, this.epsilon)))
      return clear(tf.add(tf.mul(input, scale), tf.sub(this.bias, tf.mul(this.running_mean, scale))), counted)
    }
    const axes = Array.from({ length: x.rank - 1 }, (_, axis) => axis)
    const positions = x.size / this.weight.size
    if (!counted && positions < 2) throw new Error('BatchNorm has no deviation of one position: train on batches of two or more.')
    const count = counted && tf.maximum(tf.sum(counted.ones), 1)
    const { value, mean, variance } = standardize(input, axes, this.epsilon, count && tf.div(counted?.ones as tf.Tensor, count))
    const unbiased = count ? tf.div(count, tf.maximum(tf.sub(count, 1), 1)) : positions / (positions - 1)
    this.follow(this.running_mean, mean)
    this.follow(this.running_var, tf.mul(variance, unbiased))
    return clear(tf.add(tf.mul(value, this.weight), this.bias), counted)
  }

  private follow(running: tf.Variable, batch: tf.Tensor): void {
    const change = tf.sub(tf.reshape(batch, running.shape), running)
    running.assign(tf.add(running, tf.mul(change, this.momentum)))
  }
}

function statistic(values: Float32Array): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor1d(values), false))
}
