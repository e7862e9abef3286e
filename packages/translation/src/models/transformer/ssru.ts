import { Linear, linearRecurrence } from '@parlance/nn'
import { tf } from '@parlance/runtime'
import type { Ports, Tensors } from '../encoder-decoder.js'
import { SelfLayer, type SelfLayerOptions, type SelfStep } from './self-layer.js'

/**
 * The simpler simple recurrent unit: Kim et al. 2019, "From Research to Production and Back: Ludicrously Fast Neural Machine
 * Translation", section 3.1:
 *
 *     f_t = σ(W_f x_t + b_f)    c_t = f_t ⊙ c_{t−1} + (1 − f_t) ⊙ W x_t    o_t = ReLU(c_t)
 *
 * Its state is one vector, whatever the position; all products are over all positions at once.
 */
export class SSRU extends SelfLayer {
  /** W */
  readonly input: Linear
  /** W_f, b_f */
  readonly forget: Linear
  readonly statePorts: Ports

  constructor({ width, initializer, random }: SelfLayerOptions) {
    super()
    const linear = (name: string, bias: boolean) =>
      new Linear({ inputs: width, outputs: width, bias, initializer, random: random.fork(name) })
    this.input = linear('input', false)
    this.forget = linear('forget', true)
    this.statePorts = { cell: [width] }
  }

  /** f and (1 − f) ⊙ W x. */
  private gated(x: tf.Tensor): [tf.Tensor, tf.Tensor] {
    const forget = tf.sigmoid(this.forget.forward(x))
    return [forget, tf.mul(tf.sub(1, forget), this.input.forward(x))]
  }

  override forward(x: tf.Tensor): tf.Tensor {
    return tf.relu(linearRecurrence(...this.gated(x)))
  }

  override step(x: tf.Tensor, { cell }: Tensors): SelfStep {
    const [forget, input] = this.gated(x)
    const next = tf.add(tf.mul(forget, cell as tf.Tensor), input)
    return { output: tf.relu(next), state: { cell: next } }
  }
}
