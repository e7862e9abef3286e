import { Embedding, type Forward, initializers, Linear, LSTM, type LSTMState, Module, parameter } from '@parlance/nn'
import { type Random, tf } from '@parlance/runtime'
import type { LstmConfig } from './config.js'

/**
 * An LSTM language model: embedding, LSTM layers, logits; dropout between all of them but not along time (Zaremba,
 * Sutskever and Vinyals 2014, "Recurrent Neural Network Regularization"; with tied weights as Press and Wolf 2017).
 * Embedding and output start uniform in ±0.1, as in PyTorch's word_language_model example.
 */
export class LstmLM extends Module {
  readonly embedding: Embedding
  readonly lstm: LSTM
  readonly output?: Linear
  /** (vocabSize) */
  readonly outputBias: tf.Variable

  constructor(readonly config: LstmConfig, random: Random) {
    super()
    const { vocabSize, width, layers, dropout, tied } = config
    const initializer = initializers.uniform(0.1)
    this.embedding = new Embedding({ entries: vocabSize, width, initializer, random: random.fork('embedding') })
    this.lstm = new LSTM({ inputs: width, hidden: width, layers, dropout, random: random.fork('lstm') })
    if (!tied) {
      this.output = new Linear({ inputs: width, outputs: vocabSize, bias: false, initializer, random: random.fork('output') })
    }
    this.outputBias = parameter(new Float32Array(vocabSize), [vocabSize])
  }

  /**
   * Logits of the next token after each: int32 ids (N, T) to (N, T, vocabSize), and the states after the last.
   *
   * @param state of each layer before the first token; default zeros
   */
  forward(ids: tf.Tensor, forward: Forward, state?: readonly LSTMState[]): { logits: tf.Tensor; state: LSTMState[] } {
    const { dropout } = this.config
    const embedded = forward.dropout(this.embedding.forward(ids), dropout)
    const run = this.lstm.forward(embedded, forward, state)
    const hidden = forward.dropout(run.output, dropout)
    const scores = this.output ? this.output.forward(hidden) : this.embedding.logits(hidden)
    return { logits: tf.add(scores, this.outputBias), state: run.state }
  }
}
