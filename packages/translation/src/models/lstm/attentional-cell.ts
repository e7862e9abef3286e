import { initializers, Linear, type LoopStep, Module, parameter } from '@parlance/nn'
import { type Random, tf } from '@parlance/runtime'
import type { LSTMConfig } from '../../model-config.js'

export interface AttentionalCellOptions {
  width: number
  attention: LSTMConfig['attention']
  random: Random
}

/**
 * An LSTM step that looks at the source and is fed what it made of that in the step before: Luong, Pham and Manning 2015,
 * sections 3.1 and 3.3. With h̃ the attentional vector, m_s the memory and x_t the token's embedding:
 *
 *     h_t, c_t = LSTM([x_t; h̃_{t−1}], h_{t−1}, c_{t−1})    α_t = softmax over s of score(h_t, m_s)    h̃_t = tanh(W_c [Σ α_ts m_s; h_t])
 *
 *     score(h, m) = h·m (dot), h·W_a m (general), v·tanh(W_q h + W_a m) (additive: Bahdanau, Cho and Bengio 2015, A.1.2)
 */
export class AttentionalCell extends Module {
  /** Of the token's embedding, with both biases; gates i, f, g, o: (4·width, width). Forget gates begin open: Jozefowicz et al. 2015. */
  readonly input: Linear
  /** Of [h̃; h]: (4·width, 2·width). */
  readonly recurrent: Linear
  /** W_a */
  readonly key?: Linear
  /** W_q */
  readonly query?: Linear
  /** v (width) */
  readonly score?: tf.Variable
  /** W_c (width, 2·width) */
  readonly combine: Linear

  constructor({ width, attention, random }: AttentionalCellOptions) {
    super()
    const linear = (name: string, inputs: number, outputs: number, bias: boolean) =>
      new Linear({ inputs, outputs, bias, random: random.fork(name), initializer: initializers.uniform(1 / Math.sqrt(width)) })
    this.input = linear('input', width, 4 * width, true)
    const open = Float32Array.from({ length: 4 * width }, (_, i) => (Math.floor(i / width) === 1 ? 1 : 0))
    tf.tidy(() => this.input.bias?.assign(tf.tensor1d(open)))
    this.recurrent = linear('recurrent', 2 * width, 4 * width, false)
    if (attention !== 'dot') this.key = linear('key', width, width, false)
    if (attention === 'additive') {
      this.query = linear('query', width, width, false)
      this.score = parameter(initializers.uniform(1 / Math.sqrt(width))(random.fork('score'), [width]), [width])
    }
    this.combine = linear('combine', 2 * width, width, false)
  }

  /** What the scores compare with: (N, S, width) from the memory of that shape; it depends on no step. */
  keys(memory: tf.Tensor): tf.Tensor {
    return this.key ? this.key.forward(memory) : memory
  }

  /** What `step` multiplies with, given keys (N, S, width) and values (N, width, S), the memory transposed. */
  factors(keys: tf.Tensor, values: tf.Tensor): tf.Tensor[] {
    const weights = [this.recurrent.weight, this.combine.weight, values]
    return this.query ? [...weights, this.query.weight] : [...weights, keys]
  }

  /** What additive attention reads beside. */
  shared(keys: tf.Tensor): tf.Tensor[] {
    return this.score ? [keys, this.score] : []
  }

  /**
   * From [h̃, h, c] (N, width) each, the token's part of the gates (N, 4·width) and the source mask (N, S) to the next.
   *
   * @returns also the attention (N, S)
   */
  step({ state: [fed, hidden, cell], rows: [gates], times, shared: [keys, score], constants: [mask] }: LoopStep): {
    state: [tf.Tensor, tf.Tensor, tf.Tensor]
    attention: tf.Tensor
  } {
    const sums = tf.add(gates as tf.Tensor, times(RECURRENT, tf.concat([fed as tf.Tensor, hidden as tf.Tensor], 1)))
    const [i, f, g, o] = tf.split(sums, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
    const nextCell = tf.add(tf.mul(tf.sigmoid(f), cell as tf.Tensor), tf.mul(tf.sigmoid(i), tf.tanh(g)))
    const nextHidden = tf.mul(tf.sigmoid(o), tf.tanh(nextCell))
    const compared = times(COMPARED, nextHidden)
    const scores = score
      ? tf.sum(tf.mul(tf.tanh(tf.add(keys as tf.Tensor, tf.expandDims(compared, 1))), score), 2)
      : compared
    const attention = tf.softmax(tf.add(scores, mask as tf.Tensor))
    const seen = times(VALUES, attention)
    const attentional = tf.tanh(times(COMBINE, tf.concat([seen, nextHidden], 1)))
    return { state: [attentional, nextHidden, nextCell], attention }
  }
}

/** The places of `factors`; the last is W_q or the keys, either of which the hidden state is multiplied with. */
const [RECURRENT, COMBINE, VALUES, COMPARED] = [0, 1, 2, 3]
