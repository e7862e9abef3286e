import { tf } from '@parlance/runtime'
import { expectSize, expectWidth } from '../dimensions.js'
import { Module, parameter } from '../module.js'
import { clear, countedPositions, standardize } from './standardize.js'

export interface GroupNormOptions {
  /** A multiple of `groups`. */
  width: number
  /** As many as `width` make instance normalisation (Ulyanov, Vedaldi and Lempitsky 2016). */
  groups: number
  /** Added to the variance. Default 1e-5. */
  epsilon?: number
}

/**
 * Group normalisation (Wu and He 2018): each group of neighbouring channels of each example to mean 0 and deviation 1 over
 * all its positions, then · weight + bias.
 */
export class GroupNorm extends Module {
  readonly weight: tf.Variable
  readonly bias: tf.Variable
  private readonly groups: number
  private readonly epsilon: number

  constructor({ width, groups, epsilon = 1e-5 }: GroupNormOptions) {
    super()
    expectSize('The width of GroupNorm', width)
    expectSize('The groups of GroupNorm', groups)
    if (width % groups !== 0) throw new Error(`The width of GroupNorm must be a multiple of its groups, got ${width} and ${groups} groups.`)
    this.groups = groups
    this.epsilon = epsilon
    this.weight = parameter(new Float32Array(width).fill(1), [width])
    this.bias = parameter(new Float32Array(width), [width])
  }

  /**
   * @param x (N, …, width)
   * @param mask x's axes without the last, such as (N, T), not 0 where a position counts: others, whatever they hold,
   *   enter no statistics and become zero
   * @returns x's shape
   */
  forward(x: tf.Tensor, mask?: tf.Tensor): tf.Tensor {
    const width = this.weight.size
    expectWidth('GroupNorm', x.shape[x.rank - 1], width)
    const counted = mask && countedPositions('GroupNorm', x, mask)
    const examples = x.shape[0] as number
    const grouped = tf.reshape(clear(x, counted), [examples, -1, this.groups, width / this.groups])
    let weights: tf.Tensor | undefined
    if (counted) {
      const ones = tf.reshape(counted.ones, [examples, -1, 1, 1])
      weights = tf.div(ones, tf.mul(tf.maximum(tf.sum(ones, 1, true), 1), width / this.groups))
    }
    const { value } = standardize(grouped, [1, 3], this.epsilon, weights)
    return clear(tf.add(tf.mul(tf.reshape(value, x.shape), this.weight), this.bias), counted)
  }
}
