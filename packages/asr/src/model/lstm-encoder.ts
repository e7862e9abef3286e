import { type Forward, LayerNorm, LSTM, type LSTMState, Module } from '@parlance/nn'
import { iota, type Random, tf } from '@parlance/runtime'
import type { EncoderConfig } from '../config.js'
import type { StateSpec, StreamingEncoder, StreamState } from './encoder.js'

/** One layer: an LSTM, and unless it is causal another one of the reversed utterance. */
class LstmLayer extends Module {
  readonly onward: LSTM
  readonly backward?: LSTM

  constructor(width: number, causal: boolean, random: Random) {
    super()
    const hidden = causal ? width : width / 2
    this.onward = new LSTM({ inputs: width, hidden, random: random.fork('onward') })
    if (!causal) this.backward = new LSTM({ inputs: width, hidden, random: random.fork('backward') })
  }

  /** (N, T, width) to the same shape. Padding comes last in both directions, where nothing real reads it. */
  forward(x: tf.Tensor, lengths: tf.Tensor, context: Forward): tf.Tensor {
    const { output } = this.onward.forward(x, context)
    if (!this.backward) return output
    const back = this.backward.forward(reversed(x, lengths), context).output
    return tf.concat([output, reversed(back, lengths)], 2)
  }
}

/**
 * Stacked LSTMs, as in the first transducers (Graves, Mohamed and Hinton 2013; Rao, Sak and Prabhavalkar 2017), with dropout
 * between them and LayerNorm at the end. Not causal, each layer reads in both directions, with half the width for each.
 */
export class LstmEncoder extends Module implements StreamingEncoder {
  readonly layers: LstmLayer[]
  readonly norm: LayerNorm
  readonly chunk = 1
  readonly state: readonly StateSpec[]
  private readonly dropout: number

  constructor({ width, layers, causal, dropout }: EncoderConfig, random: Random) {
    super()
    this.dropout = dropout
    this.layers = Array.from({ length: layers }, (_, i) => new LstmLayer(width, causal, random.fork('layer', i)))
    this.norm = new LayerNorm({ width })
    this.state = ['hidden', 'cell'].map((name) => ({ name, shape: [layers, 'N', width] }))
  }

  forward(frames: tf.Tensor, lengths: tf.Tensor, context: Forward): tf.Tensor {
    let x = frames
    for (const layer of this.layers) x = context.dropout(layer.forward(x, lengths, context), this.dropout)
    return this.norm.forward(x)
  }

  step(frames: tf.Tensor, _lengths: tf.Tensor, _processed: tf.Tensor, state: StreamState, context: Forward) {
    const [hidden, cell] = ['hidden', 'cell'].map((name) => tf.unstack(state[name] as tf.Tensor)) as [tf.Tensor[], tf.Tensor[]]
    const after: LSTMState[] = []
    let x = frames
    for (const [i, { onward }] of this.layers.entries()) {
      const before = { hidden: hidden[i] as tf.Tensor, cell: cell[i] as tf.Tensor }
      const { output, state } = onward.forward(x, context, [before])
      x = output
      after.push(...state)
    }
    const stacked = { hidden: tf.stack(after.map(({ hidden }) => hidden)), cell: tf.stack(after.map(({ cell }) => cell)) }
    return { output: this.norm.forward(x), state: stacked }
  }
}

/** x (N, T, C) with each example's real frames in reverse and its padding where it was. Its own inverse. */
function reversed(x: tf.Tensor, lengths: tf.Tensor): tf.Tensor {
  const [examples, frames, width] = x.shape as [number, number, number]
  const time = tf.expandDims(iota(frames), 0)
  const mirror = tf.sub(tf.sub(tf.expandDims(lengths, 1), tf.scalar(1, 'int32')), time)
  const real = tf.greaterEqual(mirror, tf.scalar(0, 'int32'))
  const distance = tf.where(real, tf.sub(mirror, time), tf.zerosLike(mirror))
  const rows = tf.add(tf.reshape(iota(examples * frames), [examples, frames]), distance)
  return tf.reshape(tf.gather(tf.reshape(x, [-1, width]), tf.reshape(rows, [-1])), x.shape)
}
