import { type Forward, glu, initializers, Module, WeightNormLinear } from '@parlance/nn'
import { type Random, tf } from '@parlance/runtime'

/** What a sum of two terms of equal variance is multiplied with: Gehring et al. 2017, section 3.5. */
export const HALVED = Math.SQRT1_2

export interface GatedConvolutionOptions {
  width: number
  /** Positions that it sees. */
  kernel: number
  /** Rate of dropout on its input. */
  dropout: number
  random: Random
}

/**
 * A convolution over time and a gated linear unit: Gehring et al. 2017, section 3.2; weight-normalised. It is written as a
 * product with windows of `kernel` positions, one matrix for the whole batch.
 */
export class GatedConvolution extends Module {
  /** (2·width, kernel·width), positions in order */
  readonly convolution: WeightNormLinear
  private readonly kernel: number
  private readonly dropout: number

  /** Weights are normal with deviation √(4p/n), p the share that dropout keeps and n = kernel·width: section 3.5 and appendix A. */
  constructor({ width, kernel, dropout, random }: GatedConvolutionOptions) {
    super()
    const inputs = kernel * width
    const initializer = initializers.normal(Math.sqrt((4 * (1 - dropout)) / inputs))
    this.convolution = new WeightNormLinear({ inputs, outputs: 2 * width, initializer, random: random.fork('convolution') })
    this.kernel = kernel
    this.dropout = dropout
  }

  /**
   * From x (N, T, width) to the same shape.
   *
   * @param past how many of the positions that an output sees are before its own
   */
  forward(x: tf.Tensor, past: number, context: Forward): tf.Tensor {
    const length = x.shape[1] as number
    const width = x.shape[2] as number
    const dropped = context.dropout(x, this.dropout)
    const padded = tf.pad(dropped, [[0, 0], [past, this.kernel - 1 - past], [0, 0]])
    const shifted = Array.from({ length: this.kernel }, (_, i) => tf.slice(padded, [0, i, 0], [x.shape[0] as number, length, width]))
    return glu(this.convolution.forward(tf.concat(shifted, 2)))
  }

  /** One position whose window (N, kernel, width) ends with it: (N, width). */
  step(window: tf.Tensor): tf.Tensor {
    const [rows, kernel, width] = window.shape as [number, number, number]
    return glu(this.convolution.forward(tf.reshape(window, [rows, kernel * width])))
  }
}
