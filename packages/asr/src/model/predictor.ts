import { DepthwiseConv1d, Embedding, type Forward, initializers, LSTM, type LSTMState, Module } from '@parlance/nn'
import { type Random, tf } from '@parlance/runtime'
import { BLANK } from '../tokens/blank.js'
import type { TransducerConfig } from '../config.js'

/** The network of a transducer that reads what was emitted. */
export interface Predictor extends Module {
  /** Width of what it gives. */
  readonly outputs: number
  /** From labels int32 (N, U) to (N, U + 1, outputs): before any label, after the first one, … */
  forward(labels: tf.Tensor, context: Forward): tf.Tensor
}

export interface PredictorOptions extends Pick<TransducerConfig, 'predictorWidth' | 'predictorContext'> {
  /** Tokens with the blank. */
  vocabSize: number
  /** Of what is put out. */
  dropout: number
  random: Random
}

/**
 * A predictor that sees the last `predictorContext` labels only (Ghodsi et al. 2020, "RNN-transducer with stateless prediction
 * network"): embeddings, a depthwise convolution over them, ReLU, as in icefall. Before the first label there are blanks.
 */
export class StatelessPredictor extends Module implements Predictor {
  readonly embedding: Embedding
  readonly convolution: DepthwiseConv1d
  readonly outputs: number
  /** Labels that it sees. */
  readonly context: number
  private readonly dropout: number

  constructor({ vocabSize, predictorWidth, predictorContext, dropout, random }: PredictorOptions) {
    super()
    this.context = predictorContext
    this.dropout = dropout
    this.outputs = predictorWidth
    this.embedding = makeEmbedding(vocabSize, predictorWidth, random)
    this.convolution = new DepthwiseConv1d({ channels: predictorWidth, kernel: predictorContext, bias: false, random: random.fork('convolution') })
  }

  forward(labels: tf.Tensor, context: Forward): tf.Tensor {
    const begun = tf.pad(labels, [[0, 0], [this.context, 0]], BLANK)
    return context.dropout(this.after(begun), this.dropout)
  }

  /** From labels int32 (N, context + U) to (N, U + 1, outputs): what follows after the first `context`, after one more, … */
  after(labels: tf.Tensor): tf.Tensor {
    return tf.relu(this.convolution.forward(this.embedding.forward(labels)))
  }
}

/** Embeddings and an LSTM, as in Graves 2012, section 2.3; it begins with a blank. */
export class LstmPredictor extends Module implements Predictor {
  readonly embedding: Embedding
  readonly lstm: LSTM
  readonly outputs: number
  private readonly dropout: number

  constructor({ vocabSize, predictorWidth: width, dropout, random }: PredictorOptions) {
    super()
    this.dropout = dropout
    this.outputs = width
    this.embedding = makeEmbedding(vocabSize, width, random)
    this.lstm = new LSTM({ inputs: width, hidden: width, random: random.fork('lstm') })
  }

  forward(labels: tf.Tensor, context: Forward): tf.Tensor {
    const begun = tf.pad(labels, [[0, 0], [1, 0]], BLANK)
    return context.dropout(this.lstm.forward(this.embedding.forward(begun), context).output, this.dropout)
  }

  /** One token int32 (N, 1) later: (N, 1, outputs) and the state. */
  step(token: tf.Tensor, state: LSTMState, context: Forward): { output: tf.Tensor; state: LSTMState } {
    const { output, state: after } = this.lstm.forward(this.embedding.forward(token), context, [state])
    return { output, state: after[0] as LSTMState }
  }
}

/** Of deviation 1, as in PyTorch and icefall: what follows has no normalisation. */
function makeEmbedding(entries: number, width: number, random: Random): Embedding {
  return new Embedding({ entries, width, initializer: initializers.normal(1), random: random.fork('embedding') })
}
