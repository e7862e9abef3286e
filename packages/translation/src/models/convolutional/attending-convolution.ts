import { type Forward, initializers, Module, WeightNormLinear } from '@parlance/nn'
import { tf } from '@parlance/runtime'
import type { Tensors } from '../encoder-decoder.js'
import { GatedConvolution, type GatedConvolutionOptions, HALVED } from './gated-convolution.js'

/** A block of the decoder: a gated convolution, an attention of its own, a residual connection. */
export class AttendingConvolution extends Module {
  readonly convolution: GatedConvolution
  /** W_d, b_d */
  readonly query: WeightNormLinear
  private readonly kernel: number

  constructor(options: GatedConvolutionOptions) {
    super()
    const { width, random } = options
    this.kernel = options.kernel
    this.convolution = new GatedConvolution({ ...options, random: random.fork('convolution') })
    const initializer = initializers.normal(Math.sqrt(1 / width))
    this.query = new WeightNormLinear({ inputs: width, outputs: width, initializer, random: random.fork('query') })
  }

  /**
   * All positions at once.
   *
   * @param x (N, T, width)
   * @param embedded the tokens' embeddings, of the same shape
   */
  forward(x: tf.Tensor, embedded: tf.Tensor, memory: Tensors, context: Forward): tf.Tensor {
    const hidden = this.convolution.forward(x, this.kernel - 1, context)
    const { output } = this.attend(hidden, embedded, memory)
    return tf.mul(tf.add(output, x), HALVED)
  }

  /**
   * One position: x and its token's embedding (R, 1, width), after the window (R, kernel − 1, width).
   *
   * @returns also the next window and the attention (R, S)
   */
  step(x: tf.Tensor, embedded: tf.Tensor, before: tf.Tensor, memory: Tensors): { output: tf.Tensor; window: tf.Tensor; weights: tf.Tensor } {
    const whole = tf.concat([before, x], 1)
    const hidden = tf.expandDims(this.convolution.step(whole), 1)
    const { output, weights } = this.attend(hidden, embedded, memory)
    const window = tf.slice(whole, [0, 1, 0], before.shape as [number, number, number])
    return { output: tf.mul(tf.add(output, x), HALVED), window, weights: tf.squeeze(weights, [1]) }
  }

  /**
   * d = W_d h + b_d + g, a = softmax(d·z), c = Σ a (z + e), which is added to h: equations 1 and 2. c is multiplied with
   * m √(1/m) for a source of m tokens, each sum with √½: section 3.5.
   */
  private attend(hidden: tf.Tensor, embedded: tf.Tensor, memory: Tensors): { output: tf.Tensor; weights: tf.Tensor } {
    const { keys, values, source_mask: mask, source_scale: scale } = memory as Record<string, tf.Tensor> & Encoded
    const query = tf.mul(tf.add(this.query.forward(hidden), embedded), HALVED)
    const scores = tf.matMul(query, keys, false, true)
    const weights = tf.softmax(tf.add(scores, tf.expandDims(mask, 1)))
    const seen = tf.mul(tf.matMul(weights, values), tf.expandDims(scale, 2))
    return { output: tf.mul(tf.add(hidden, seen), HALVED), weights }
  }
}

type Encoded = Record<'keys' | 'values' | 'source_mask' | 'source_scale', tf.Tensor>
