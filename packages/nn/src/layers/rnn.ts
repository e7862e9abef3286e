import { tf } from '@parlance/runtime'
import { customGradient } from '../custom-gradient.js'
import { before, timeLoop } from './time-loop.js'
import { type Cell, finalOutput, type Pass, Recurrent, type RecurrentOptions } from './recurrent.js'

export interface RNNOptions extends RecurrentOptions {
  /** Default 'tanh'. */
  activation?: 'tanh' | 'relu'
}

/**
 * The simple recurrent network (Elman 1990): h_t = φ(W x_t + b_ih + U h_{t−1} + b_hh), φ tanh or ReLU.
 * A layer's state is its hidden state (N, hidden).
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
      const { outputs } = timeLoop({ steps, initial: [hidden], sequences: [gates] }, ([h], [fromInput]) => {
        const z = tf.add(tf.matMul(h as tf.Tensor, weight, false, true), fromInput as tf.Tensor)
        const next = activation === 'tanh' ? tf.tanh(z) : tf.relu(z)
        return { state: [next], outputs: [next] }
      })
      const value = outputs[0] as tf.Tensor
      save([weight, hidden, value])
      return {
        value,
        gradient: (dy, saved) => {
          const [weight, hidden, hiddens] = saved as [tf.Tensor, tf.Tensor, tf.Tensor]
          const slopes = activation === 'tanh' ? tf.sub(1, tf.square(hiddens)) : tf.step(hiddens)
          const loop = { steps, initial: [tf.zerosLike(hidden)], sequences: [dy, slopes], reverse: true }
          const { state, outputs } = timeLoop(loop, ([dh], rows) => {
            const [given, slope] = rows as [tf.Tensor, tf.Tensor]
            const dz = tf.mul(tf.add(given, dh as tf.Tensor), slope)
            return { state: [tf.matMul(dz, weight)], outputs: [dz] }
          })
          const dGates = outputs[0] as tf.Tensor
          return [dGates, tf.matMul(dGates, before(hidden, hiddens), true, false), state[0] as tf.Tensor]
        },
      }
    },
    gates,
    weight,
    hidden,
  )
}
