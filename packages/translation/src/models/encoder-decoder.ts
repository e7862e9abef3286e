import { type Forward, linearCrossEntropy, Module, type SummedLoss } from '@parlance/nn'
import { tf } from '@parlance/runtime'
import type { Batch } from '../data/batches.js'
import { PAD } from '../special-tokens.js'

export type Tensors = Readonly<Record<string, tf.Tensor>>

/**
 * Named float32 tensors by the axes that follow the first, which is that of sentences (N) or hypotheses (R): 'S' is the
 * length of the sources, 'T' the number of positions said so far.
 */
export type Ports = Readonly<Record<string, readonly (number | 'S' | 'T')[]>>

export interface Step {
  /** (R, D), what `project` takes. */
  hidden: tf.Tensor
  /** `statePorts`, of the position after. */
  state: Tensors
  /** (R, S), sums to 1, 0 on padding: how much the coming token looks at each source position. */
  attention: tf.Tensor
}

/** Rates of dropout, each from 0 to 1. */
export interface Regularization {
  /** On embeddings and on what each sub-layer adds. */
  dropout: number
  /** On attention weights; only the transformer's have it. */
  attentionDropout: number
}

export const NO_DROPOUT: Regularization = { dropout: 0, attentionDropout: 0 }

/**
 * A model that reads a source at once and says a target token by token. Training, inference graphs and search know no
 * more of an architecture than this. N sentences of S source and T target tokens, R hypotheses, hidden states of width D.
 */
export abstract class EncoderDecoder extends Module {
  /** What the decoder reads of an encoded source, one row a sentence. */
  abstract readonly memoryPorts: Ports
  /** What the decoder carries from position to position, one row a hypothesis. Those with an axis 'T' grow, from nothing. */
  abstract readonly statePorts: Ports
  /** What turns hidden states into logits: (V, D). */
  abstract readonly outputWeight: tf.Tensor

  /**
   * From source ids int32 (N, S), padded, to `memoryPorts`, and those of `statePorts` that do not begin as zeros (or
   * empty), one row a sentence.
   */
  abstract encode(source: tf.Tensor, context: Forward): Tensors

  /**
   * All positions at once, each told the tokens before it.
   *
   * @param input target ids int32 (N, T), beginning with the start token
   * @param encoded what `encode` gave
   * @returns hidden states (N·T, D), sentence by sentence
   */
  abstract decode(input: tf.Tensor, encoded: Tensors, context: Forward): tf.Tensor

  /**
   * One position of R hypotheses.
   *
   * @param tokens int32 (R), the last token of each
   * @param position int32 (1), how many tokens came before it
   * @param state `statePorts`, (R, …)
   * @param memory `memoryPorts`, one row for each hypothesis
   */
  abstract step(tokens: tf.Tensor, position: tf.Tensor, state: Tensors, memory: Tensors, context: Forward): Step

  /** From hidden states (M, D) to logits (M, V). */
  project(hidden: tf.Tensor): tf.Tensor {
    return tf.matMul(hidden, this.outputWeight, false, true)
  }

  /** The hidden states (N·T, D) of a batch of pairs, row i·T + t of sentence i. */
  hidden({ source, input }: Batch, context: Forward): tf.Tensor {
    return this.decode(input, this.encode(source, context), context)
  }

  /** The logits (N·T, V) of a batch of pairs; rows whose label is padding mean nothing. */
  logits(batch: Batch, context: Forward): tf.Tensor {
    return this.project(this.hidden(batch, context))
  }

  /** Cross-entropy over all target tokens and the end token, in nats. */
  loss(batch: Batch, context: Forward, labelSmoothing = 0): SummedLoss {
    const labels = tf.reshape(batch.labels, [-1])
    return linearCrossEntropy(this.hidden(batch, context), this.outputWeight, labels, { ignoreIndex: PAD, labelSmoothing })
  }
}
