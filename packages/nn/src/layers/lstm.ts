import { hasLSTM, lstm, tf } from '@parlance/runtime'
import { recurrence } from './lstm-recurrence.js'
import { type Cell, finalOutput, type Pass, Recurrent, type RecurrentOptions } from './recurrent.js'

/** Hidden state (N, hidden or projection) and cell state (N, hidden) of one layer and direction. */
export interface LSTMState {
  readonly hidden: tf.Tensor
  readonly cell: tf.Tensor
}

export interface LSTMOptions extends RecurrentOptions {
  /** Width to which h_t is projected before it is put out and fed back (Sak, Senior and Beaufays 2014). Default: none. */
  projection?: number
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with forget gates: Gers et al. 2000); the weights hold gates
 * i, f, g, o. With σ the logistic function and ⊙ the product by elements:
 *
 *     i, f, o = σ(W x_t + b_ih + U h_{t−1} + b_hh)    g = tanh(W x_t + b_ih + U h_{t−1} + b_hh)
 *     c_t = f ⊙ c_{t−1} + i ⊙ g                       h_t = o ⊙ tanh(c_t), or P (o ⊙ tanh(c_t)) with a projection P
 *
 * W x_t is one product for all time steps; only U h_{t−1} is computed step by step. P is named `weight_hr_l0`.
 */
export class LSTM extends Recurrent<LSTMState> {
  constructor({ projection, ...options }: LSTMOptions) {
    super({ name: 'LSTM', gates: 4, ...(projection !== undefined && { projection }) }, options)
  }

  protected override zeroState(examples: number, { recurrentWeight }: Cell): LSTMState {
    const [rows, fedBack] = recurrentWeight.shape as [number, number]
    return { hidden: tf.zeros([examples, fedBack]), cell: tf.zeros([examples, rows / 4]) }
  }

  protected override run(pass: Pass<LSTMState>) {
    const { gates, cell, recurrentWeight, initial, steps, padded, training } = pass
    if (!training && !cell.projection && hasLSTM()) return this.runWhole(pass)
    const { outputs, cells } = recurrence({
      gates,
      weight: recurrentWeight,
      hidden: initial.hidden,
      cell: initial.cell,
      projection: cell.projection,
      steps,
      everyCell: padded !== undefined,
    })
    const hidden = finalOutput(outputs, initial.hidden, steps, padded)
    return { outputs, state: { hidden, cell: padded ? padded.lastOf(initial.cell, cells) : cells } }
  }

  /** All steps as one operator, however many there are: what is pending of `gates` is then never computed. */
  private runWhole({ input, cell, recurrentWeight, initial, steps, padded }: Pass<LSTMState>) {
    const [rows, width] = input.shape as [number, number]
    const examples = initial.hidden.shape[0] as number
    const weights = { inputWeight: cell.inputWeight, recurrentWeight, bias: this.inputBias(cell) }
    const x = tf.reshape(input, [steps, rows / steps, width])
    const { outputs, ...last } = lstm(x, weights, initial.hidden, initial.cell, padded?.lengths)
    const state = padded ? { hidden: padded.orInitial(initial.hidden, last.hidden), cell: padded.orInitial(initial.cell, last.cell) } : last
    return { outputs: tf.reshape(outputs, [steps * examples, -1]), state }
  }
}
