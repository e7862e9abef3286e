import { type Random, tf } from '@parlance/runtime'
import { dimensions, expectSize, expectWidth } from '../dimensions.js'
import type { Forward } from '../forward.js'
import { type Initializer, uniform } from '../initializers.js'
import { Module, parameter } from '../module.js'
import { recurrence } from './lstm-recurrence.js'

/** Hidden and cell state of one layer, both (N, hidden). */
export interface LSTMState {
  readonly hidden: tf.Tensor
  readonly cell: tf.Tensor
}

/** The weights of one layer, in PyTorch's layout and gate order: input, forget, cell, output. */
class LSTMLayer extends Module {
  /** (4·hidden, inputs) */
  readonly inputWeight: tf.Variable
  /** (4·hidden, hidden) */
  readonly recurrentWeight: tf.Variable
  /** (4·hidden): the sum of what PyTorch keeps as two vectors. */
  readonly bias: tf.Variable

  constructor(inputs: number, hidden: number, random: Random, initializer: Initializer) {
    super()
    const create = (name: string, shape: number[]): tf.Variable =>
      parameter(initializer(random.fork(name), shape), shape)
    this.inputWeight = create('inputWeight', [4 * hidden, inputs])
    this.recurrentWeight = create('recurrentWeight', [4 * hidden, hidden])
    this.bias = create('bias', [4 * hidden])
  }
}

export interface LSTMOptions {
  inputs: number
  hidden: number
  random: Random
  /** Default 1. */
  layers?: number
  /** Rate of dropout on the output of every layer but the last. Default 0. */
  dropout?: number
  /** Default uniform within ±1/√hidden. */
  initializer?: Initializer
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with forget gates: Gers et al. 2000), unrolled over time.
 * With σ the logistic function and ⊙ the product by elements:
 *
 *     i, f, o = σ(W x_t + U h_{t−1} + b)    g = tanh(W x_t + U h_{t−1} + b)
 *     c_t = f ⊙ c_{t−1} + i ⊙ g             h_t = o ⊙ tanh(c_t)
 *
 * W x_t is one product for all time steps; only U h_{t−1} is computed step by step.
 */
export class LSTM extends Module {
  readonly layers: LSTMLayer[]
  private readonly inputs: number
  private readonly hidden: number
  private readonly dropout: number

  constructor({ inputs, hidden, random, layers = 1, dropout = 0, initializer }: LSTMOptions) {
    super()
    expectSize('The inputs of LSTM', inputs)
    expectSize('The hidden width of LSTM', hidden)
    expectSize('The layers of LSTM', layers)
    this.inputs = inputs
    this.hidden = hidden
    this.dropout = dropout
    const values = initializer ?? uniform(1 / Math.sqrt(hidden))
    this.layers = Array.from(
      { length: layers },
      (_, i) => new LSTMLayer(i === 0 ? inputs : hidden, hidden, random.fork(i), values),
    )
  }

  /** A state of zeros for every layer. */
  initialState(examples: number): LSTMState[] {
    return this.layers.map(() => ({
      hidden: tf.zeros([examples, this.hidden]),
      cell: tf.zeros([examples, this.hidden]),
    }))
  }

  /**
   * @param x (N, T, inputs)
   * @param state one for each layer; default zeros
   * @returns the last layer's hidden states (N, T, hidden), and every layer's state after step T
   */
  forward(x: tf.Tensor, context: Forward, state?: readonly LSTMState[]): { output: tf.Tensor; state: LSTMState[] } {
    const [examples, length, width] = dimensions(x, 3, 'The input of LSTM (N, T, inputs)')
    expectWidth('LSTM', width, this.inputs)
    const initial = state ?? this.initialState(examples)
    if (initial.length !== this.layers.length) {
      throw new Error(`An LSTM of ${this.layers.length} layers needs as many states, got ${initial.length}.`)
    }
    let output = x
    const final: LSTMState[] = []
    for (const [i, layer] of this.layers.entries()) {
      if (i > 0) output = context.dropout(output, this.dropout)
      const { hidden, cell } = initial[i] as LSTMState
      const inputs = output.shape[2] as number
      const steps = tf.reshape(tf.transpose(output, [1, 0, 2]), [length * examples, inputs])
      const gates = tf.add(tf.matMul(steps, layer.inputWeight, false, true), layer.bias)
      const run = recurrence(gates, layer.recurrentWeight, hidden, cell, length)
      final.push({ hidden: run.hidden, cell: run.cell })
      output = tf.transpose(tf.reshape(run.outputs, [length, examples, this.hidden]), [1, 0, 2])
    }
    return { output, state: final }
  }
}
