import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { type Cell, finalOutput, type Pass, Recurrent, type RecurrentOptions } from './recurrent.js'

export interface RNNOptions extends RecurrentOptions {
  /** Default 'tanh'. */
  activation?: 'tanh' | 'relu'
}

/**
 * The simple recurrent network (Elman 1990): h_t = φ(W x_t + b_ih + U h_{t−1} + b_hh), φ tanh or ReLU, unrolled over
 * time. A layer's state is its hidden state (N, hidden).
 */
export class RNN extends Recurrent<tf.Tensor> {
  private readonly activation: 'tanh' | 'relu'

  constructor({ activation = 'tanh', ...options }: RNNOptions) {
    super({ name: 'RNN', gates: 1 }, options)
    this.activation = activation
  }

  protected override zeroState(examples: number, { recurrentWeight }: Cell): tf.Tensor {
    return tf.zeros([examples, recurrentWeight.shape[1] as number])
  }

  protected override run({ gates, recurrentWeight, initial, steps, padded }: Pass<tf.Tensor>) {
    const outputs = recurrence(gates, recurrentWeight, initial, steps, this.activation)
    return { outputs, state: finalOutput(outputs, initial, steps, padded) }
  }
}

/** All hidden states (T·N, H) from W x_t + b of all steps (T·N, H), U (H, H) and h_0 (N, H); its gradient by hand. */
function recurrence(
  gates: tf.Tensor,
  weight: tf.Tensor,
  hidden: tf.Tensor,
  steps: number,
  activation: 'tanh' | 'relu',
): tf.Tensor {
  return customGradient(
    (save, gates, weight, hidden) => {
      const outputs: tf.Tensor[] = []
      let h = hidden
      for (const fromInput of tf.split(gates, steps, 0)) {
        const z = tf.add(tf.matMul(h, weight, false, true), fromInput)
        h = activation === 'tanh' ? tf.tanh(z) : tf.relu(z)
        outputs.push(h)
      }
      const value = tf.concat(outputs, 0)
      save([weight, hidden, value])
      return {
        value,
        gradient: (dy, saved) => {
          const [weight, hidden, outputs] = saved as [tf.Tensor, tf.Tensor, tf.Tensor]
          const slopes = activation === 'tanh' ? tf.sub(1, tf.square(outputs)) : tf.step(outputs)
          const slope = tf.split(slopes, steps, 0)
          const given = tf.split(dy, steps, 0)
          const inner: tf.Tensor[] = new Array(steps)
          let dh: tf.Tensor | undefined
          for (let t = steps - 1; t >= 0; t--) {
            const out = given[t] as tf.Tensor
            const dz = tf.mul(dh ? tf.add(out, dh) : out, slope[t] as tf.Tensor)
            inner[t] = dz
            dh = tf.matMul(dz, weight)
          }
          const dGates = tf.concat(inner, 0)
          const before = tf.concat([hidden, ...tf.split(outputs, steps, 0).slice(0, -1)], 0)
          return [dGates, tf.matMul(dGates, before, true, false), dh as tf.Tensor]
        },
      }
    },
    gates,
    weight,
    hidden,
  )
}
