import { type Random, tf } from '@parlance/runtime'
import { expectSize, expectWidth } from '../dimensions.js'
import { type Initializer, normal } from '../initializers.js'
import { Module, parameter } from '../module.js'

export interface EmbeddingOptions {
  /** How many rows: the vocabulary size, or the most positions. */
  entries: number
  width: number
  random: Random
  /** Default normal with deviation 0.02. */
  initializer?: Initializer
}

/** A table with one row of `width` numbers for each of `entries` ids. */
export class Embedding extends Module {
  readonly weight: tf.Variable
  readonly entries: number
  readonly width: number

  constructor({ entries, width, random, initializer = normal(0.02) }: EmbeddingOptions) {
    super()
    expectSize('The entries of Embedding', entries)
    expectSize('The width of Embedding', width)
    this.entries = entries
    this.width = width
    this.weight = parameter(initializer(random.fork('weight'), [entries, width]), [entries, width])
  }

  /** The rows of `ids` (int32, any shape): (…, width). Throws if the ids are not int32. */
  forward(ids: tf.Tensor): tf.Tensor {
    if (ids.dtype !== 'int32') throw new Error(`Embedding looks up int32 ids, got a tensor of ${ids.dtype}.`)
    return tf.gather(this.weight, ids)
  }

  /** Output tied to the table (Press and Wolf 2017): x·Wᵀ, from (…, width) to (…, entries). */
  logits(x: tf.Tensor): tf.Tensor {
    expectWidth('Embedding', x.shape[x.rank - 1], this.width)
    const rows = x.rank === 2 ? x : tf.reshape(x, [-1, this.width])
    const product = tf.matMul(rows, this.weight, false, true)
    return x.rank === 2 ? product : tf.reshape(product, [...x.shape.slice(0, -1), this.entries])
  }
}
