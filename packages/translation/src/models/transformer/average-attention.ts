import { Linear } from '@parlance/nn'
import { iota, tf } from '@parlance/runtime'
import type { Ports, Tensors } from '../encoder-decoder.js'
import { SelfLayer, type SelfLayerOptions, type SelfStep } from './self-layer.js'

/**
 * Average attention: Zhang, Xiong and Su 2018, "Accelerating Neural Transformer via an Average Attention Network", section
 * 3.1, without the feed-forward network of its equation 1, since each layer has one behind it:
 *
 *     g_t = (x_0 + … + x_t) / (t + 1)    i_t, f_t = σ(W [x_t; g_t] + b)    o_t = i_t ⊙ x_t + f_t ⊙ g_t
 *
 * Its state is one vector, the sum.
 */
export class AverageAttention extends SelfLayer {
  /** W, b */
  readonly gate: Linear
  readonly statePorts: Ports

  constructor({ width, initializer, random }: SelfLayerOptions) {
    super()
    this.gate = new Linear({ inputs: 2 * width, outputs: 2 * width, initializer, random: random.fork('gate') })
    this.statePorts = { sum: [width] }
  }

  /** From x and the means, (…, width) each. */
  private gated(x: tf.Tensor, mean: tf.Tensor): tf.Tensor {
    const gates = tf.sigmoid(this.gate.forward(tf.concat([x, mean], -1)))
    const [input, forget] = tf.split(gates, 2, -1) as [tf.Tensor, tf.Tensor]
    return tf.add(tf.mul(input, x), tf.mul(forget, mean))
  }

  override forward(x: tf.Tensor): tf.Tensor {
    const counts = tf.add(tf.cast(iota(x.shape[1] as number), 'float32'), 1)
    return this.gated(x, tf.div(tf.cumsum(x, 1), tf.expandDims(counts, 1)))
  }

  override step(x: tf.Tensor, { sum }: Tensors, position: tf.Tensor): SelfStep {
    const next = tf.add(sum as tf.Tensor, x)
    const mean = tf.div(next, tf.add(tf.cast(position, 'float32'), 1))
    return { output: this.gated(x, mean), state: { sum: next } }
  }
}
