import {
  causalMask,
  crossEntropy,
  Embedding,
  type Forward,
  initializers,
  type KeyValue,
  LayerNorm,
  Module,
  paddingMask,
  type SummedLoss,
  TransformerDecoderBlock,
  TransformerEncoderBlock,
} from '@parlance/nn'
import { iota, Random, tf } from '@parlance/runtime'
import type { Batch } from './batches.js'
import type { ModelConfig } from './config.js'
import { positionEncodings } from './positions.js'
import { PAD } from './special-tokens.js'

export interface Regularization {
  /** Rate of dropout on embeddings and on each sub-layer's output. */
  dropout: number
  /** Rate of dropout on attention weights. */
  attentionDropout: number
}

/**
 * The transformer of Vaswani et al. 2017, normalised before each sub-layer and once after the last (Xiong et al. 2020),
 * with one table of embeddings for source, target and output (section 3.4). N sentences of S source and T target tokens.
 */
export class TranslationTransformer extends Module {
  readonly embedding: Embedding
  readonly encoder: TransformerEncoderBlock[]
  readonly encoderNorm: LayerNorm
  readonly decoder: TransformerDecoderBlock[]
  readonly decoderNorm: LayerNorm
  readonly decoderLayers: number
  readonly heads: number
  readonly headWidth: number
  private readonly width: number
  private readonly dropout: number

  /** Weights are drawn Xavier-uniform, embeddings with deviation 1/√width, so that scaled by √width they have 1. */
  constructor(config: ModelConfig, seed = 1, { dropout, attentionDropout }: Regularization = NO_DROPOUT) {
    super()
    const { vocabSize, width, heads, encoderLayers, decoderLayers, feedForwardWidth } = config
    const random = new Random(seed, 'translation')
    const block = (name: string, i: number) => ({
      width,
      heads,
      hidden: feedForwardWidth,
      activation: 'relu' as const,
      norm: 'pre' as const,
      dropout,
      attentionDropout,
      initializer: initializers.xavierUniform(),
      random: random.fork(name, i),
    })
    this.width = width
    this.dropout = dropout
    this.decoderLayers = decoderLayers
    this.heads = heads
    this.headWidth = width / heads
    const initializer = initializers.normal(width ** -0.5)
    this.embedding = new Embedding({ entries: vocabSize, width, random: random.fork('embedding'), initializer })
    this.encoder = Array.from({ length: encoderLayers }, (_, i) => new TransformerEncoderBlock(block('encoder', i)))
    this.encoderNorm = new LayerNorm({ width })
    this.decoder = Array.from({ length: decoderLayers }, (_, i) => new TransformerDecoderBlock(block('decoder', i)))
    this.decoderNorm = new LayerNorm({ width })
  }

  /** √width · E[ids] + positions: section 3.4. From ids int32 (N, T) at positions int32 (T) to (N, T, width). */
  private embed(ids: tf.Tensor, positions: tf.Tensor, context: Forward): tf.Tensor {
    const scaled = tf.mul(this.embedding.forward(ids), Math.sqrt(this.width))
    return context.dropout(tf.add(scaled, positionEncodings(positions, this.width)), this.dropout)
  }

  /** Hides padding from attention: (N, 1, 1, S) from source ids (N, S). */
  sourceMask(source: tf.Tensor): tf.Tensor {
    return paddingMask(tf.notEqual(source, tf.scalar(PAD, 'int32')))
  }

  /** From source ids int32 (N, S) to the memory (N, S, width). */
  encode(source: tf.Tensor, mask: tf.Tensor, context: Forward): tf.Tensor {
    let x = this.embed(source, iota(source.shape[1] as number), context)
    for (const block of this.encoder) x = block.forward(x, context, mask)
    return this.encoderNorm.forward(x)
  }

  /** From target ids int32 (N, T), beginning with the start token, and the memory to logits (N, T, vocabSize). */
  decode(input: tf.Tensor, memory: tf.Tensor, memoryMask: tf.Tensor, context: Forward): tf.Tensor {
    const length = input.shape[1] as number
    const mask = causalMask(length)
    let x = this.embed(input, iota(length), context)
    for (const block of this.decoder) x = block.forward(x, memory, context, mask, memoryMask)
    return this.embedding.logits(this.decoderNorm.forward(x))
  }

  /** Cross-entropy over all target tokens and the end token, in nats. */
  loss({ source, input, labels }: Batch, context: Forward, labelSmoothing = 0): SummedLoss {
    const mask = this.sourceMask(source)
    const logits = this.decode(input, this.encode(source, mask, context), mask, context)
    const [, , vocabulary] = logits.shape as [number, number, number]
    const options = { ignoreIndex: PAD, labelSmoothing }
    return crossEntropy(tf.reshape(logits, [-1, vocabulary]), tf.reshape(labels, [-1]), options)
  }

  /** The keys and values of the memory that each decoder layer attends to. */
  memories(memory: tf.Tensor): KeyValue[] {
    return this.decoder.map((block) => block.memory(memory))
  }

  /**
   * One position of the decoder for R hypotheses.
   *
   * @param tokens int32 (R), the last token of each
   * @param position int32 (1), how many tokens came before
   * @param caches the self-attention caches of each layer; returned longer by one
   * @param memories what `memories` returned, one row for each hypothesis
   * @returns logits (R, vocabSize)
   */
  step(
    tokens: tf.Tensor,
    position: tf.Tensor,
    caches: readonly KeyValue[],
    memories: readonly KeyValue[],
    memoryMask: tf.Tensor,
    context: Forward,
  ): { logits: tf.Tensor; caches: KeyValue[] } {
    let x = this.embed(tf.expandDims(tokens, 1), position, context)
    const longer: KeyValue[] = []
    for (const [i, block] of this.decoder.entries()) {
      const { output, cache } = block.step(x, caches[i], memories[i] as KeyValue, context, undefined, memoryMask)
      longer.push(cache)
      x = output
    }
    const last = tf.reshape(this.decoderNorm.forward(x), [-1, this.width])
    return { logits: this.embedding.logits(last), caches: longer }
  }
}

const NO_DROPOUT: Regularization = { dropout: 0, attentionDropout: 0 }
