import {
  causalMask, crossEntropy, Embedding, type Forward, initializers, type KeyValue, LayerNorm, lengthMask, Module, paddingMask,
  sinusoidalPositions, splitHeads, TransformerDecoderBlock, type WeightOptions,
} from '@parlance/nn'
import { iota, type Random, tf } from '@parlance/runtime'
import { BLANK } from '../tokens/blank.js'

export interface AttentionDecoderOptions {
  layers: number
  width: number
  heads: number
  vocabSize: number
  dropout: number
  random: Random
}

/**
 * The decoder of an attention encoder–decoder (Chan et al. 2016, "Listen, attend and spell"; with transformers Dong et al.
 * 2018): embeddings and sinusoidal positions → transformer decoder blocks over the encoder's output → logits by the embeddings'
 * weights. Token 0, no token elsewhere, begins and ends a transcript here.
 */
export class AttentionDecoder extends Module {
  readonly embedding: Embedding
  readonly blocks: TransformerDecoderBlock[]
  readonly norm: LayerNorm
  private readonly options: AttentionDecoderOptions

  constructor(options: AttentionDecoderOptions) {
    super()
    const { layers, width, heads, vocabSize, dropout, random } = options
    this.options = options
    // Multiplied by √width below (Vaswani et al. 2017, section 3.4).
    const initializer = initializers.normal(1 / Math.sqrt(width))
    this.embedding = new Embedding({ entries: vocabSize, width, initializer, random: random.fork('embedding') })
    this.blocks = Array.from(
      { length: layers },
      (_, i) => new TransformerDecoderBlock({ width, heads, dropout, random: random.fork('block', i) }),
    )
    this.norm = new LayerNorm({ width })
  }

  /**
   * @param tokens int32 (N, U): what was written so far, the beginning included
   * @param encoded (N, T, width)
   * @param lengths int32 (N): encoder frames of each
   * @returns logits (N, U, V) of the tokens that follow
   */
  forward(tokens: tf.Tensor, encoded: tf.Tensor, lengths: tf.Tensor, context: Forward): tf.Tensor {
    const { width, dropout } = this.options
    const count = tokens.shape[1] as number
    const positions = sinusoidalPositions(iota(count), width)
    let x = context.dropout(tf.add(tf.mul(this.embedding.forward(tokens), Math.sqrt(width)), positions), dropout)
    const memoryMask = paddingMask(lengthMask(lengths, encoded.shape[1] as number))
    for (const block of this.blocks) x = block.forward(x, encoded, context, causalMask(count), memoryMask)
    return this.embedding.logits(this.norm.forward(x))
  }

  /**
   * What every step reads of an encoder's output: keys and values of each block, side by side.
   *
   * @param encoded (N, T, width)
   * @returns (N, T, 2 · layers · width)
   */
  memory(encoded: tf.Tensor): tf.Tensor {
    return tf.concat(this.blocks.flatMap(({ crossAttention: { key, value } }) => [key.forward(encoded), value.forward(encoded)]), 2)
  }

  /**
   * `forward` for one token more of hypotheses about one recording.
   *
   * @param tokens int32 (R): the last of each
   * @param position int32 (1): how many came before it
   * @param caches of each block, of these; keys and values (R, heads, position, width / heads)
   * @param memory (1, T, 2 · layers · width)
   * @returns logits (R, V) of the tokens that follow, and the longer caches
   */
  step(tokens: tf.Tensor, position: tf.Tensor, caches: readonly KeyValue[], memory: tf.Tensor, context: Forward): { logits: tf.Tensor; caches: KeyValue[] } {
    const { width, heads } = this.options
    const parts = tf.split(memory, 2 * this.blocks.length, 2).map((part) => splitHeads(part, heads))
    let x = tf.add(tf.mul(this.embedding.forward(tokens), Math.sqrt(width)), sinusoidalPositions(position, width))
    const longer = this.blocks.map((block, i) => {
      const ofBlock = { key: parts[2 * i] as tf.Tensor, value: parts[2 * i + 1] as tf.Tensor }
      const { output, cache } = block.step(x, caches[i], ofBlock, context)
      x = output
      return cache
    })
    return { logits: this.embedding.logits(this.norm.forward(x)), caches: longer }
  }

  /**
   * Cross-entropy summed over labels and ends, in nats.
   *
   * @param targets int32 labels (N, U), labelLengths (N), frameLengths (N)
   * @param shares weights (N) of the examples
   */
  loss(
    encoded: tf.Tensor,
    { labels, labelLengths, frameLengths }: { labels: tf.Tensor; labelLengths: tf.Tensor; frameLengths: tf.Tensor },
    labelSmoothing: number,
    context: Forward,
    { weights: shares }: WeightOptions = {},
  ): tf.Scalar {
    const positions = (labels.shape[1] as number) + 1
    const begun = tf.pad(labels, [[0, 0], [1, 0]], BLANK)
    const logits = this.forward(begun, encoded, frameLengths, context)
    const inside = lengthMask(labelLengths, positions)
    const wanted = tf.mul(tf.pad(labels, [[0, 0], [0, 1]], BLANK), inside)
    const counted = tf.cast(lengthMask(tf.add(labelLengths, tf.scalar(1, 'int32')), positions), 'float32')
    const weights = tf.reshape(shares ? tf.mul(counted, tf.expandDims(shares, 1)) : counted, [-1])
    const rows = tf.reshape(logits, [-1, this.options.vocabSize])
    return crossEntropy(rows, tf.reshape(wanted, [-1]), { labelSmoothing, weights }).sum
  }
}
