import { Embedding, initializers, Module } from '@parlance/nn'
import { type Random, tf } from '@parlance/runtime'
import type { ModelConfig } from '../model-config.js'

export interface EmbeddingsOptions {
  vocabSize: number
  width: number
  tied: ModelConfig['tiedEmbeddings']
  random: Random
}

/** The tables of token embeddings and the output layer's weight, drawn with deviation 1/√width: Press and Wolf 2017. */
export class Embeddings extends Module {
  /** Of source, target and output, when all are tied; it comes first, since tied parameters have their first name. */
  readonly shared?: Embedding
  readonly source: Embedding
  readonly target: Embedding
  /** (vocabSize, width), no bias */
  readonly output: Embedding

  constructor({ vocabSize, width, tied, random }: EmbeddingsOptions) {
    super()
    const initializer = initializers.normal(width ** -0.5)
    const table = (name: string) => new Embedding({ entries: vocabSize, width, random: random.fork(name), initializer })
    if (tied === 'all') this.shared = table('embedding')
    this.source = this.shared ?? table('source')
    this.target = this.shared ?? table('target')
    this.output = tied === 'none' ? table('output') : this.target
  }

  /** √width · E[ids], of deviation 1 at the beginning: from ids int32 (…) to (…, width). */
  lookUp(side: 'source' | 'target', ids: tf.Tensor): tf.Tensor {
    return tf.mul(this[side].forward(ids), Math.sqrt(this[side].width))
  }

  get outputWeight(): tf.Tensor {
    return this.output.weight
  }
}
