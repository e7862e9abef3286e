import { tf } from '@parlance/runtime'
import { gruRecurrence } from './gru-recurrence.js'
import { type Cell, finalOutput, type Pass, Recurrent, type RecurrentOptions } from './recurrent.js'

export type GRUOptions = RecurrentOptions

/**
 * Gated recurrent units (Cho et al. 2014) in PyTorch's form, which applies the reset gate after the recurrent product.
 * A layer's state is its hidden state (N, hidden); the weights hold gates r, z, n.
 *
 *     r, z = σ(W x_t + b_ih + U h_{t−1} + b_hh)    n = tanh(W x_t + b_ih + r ⊙ (U h_{t−1} + b_hh))
 *     h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}
 */
export class GRU extends Recurrent<tf.Tensor> {
  constructor(options: GRUOptions) {
    super({ name: 'GRU', gates: 3 }, options)
  }

  protected override zeroState(examples: number, { recurrentWeight }: Cell): tf.Tensor {
    return tf.zeros([examples, recurrentWeight.shape[1] as number])
  }

  protected override run({ gates, cell, recurrentWeight, initial, steps, padded }: Pass<tf.Tensor>) {
    const outputs = gruRecurrence(gates, recurrentWeight, cell.recurrentBias, initial, steps)
    return { outputs, state: finalOutput(outputs, initial, steps, padded) }
  }

  /** The recurrent bias of n stands inside the reset gate's product. */
  protected override inputBias({ inputBias }: Cell): tf.Tensor {
    return inputBias
  }
}
