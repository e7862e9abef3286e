import {
  FeedForward,
  type Forward,
  type KeyValue,
  LayerNorm,
  Module,
  MultiHeadAttention,
  type TransformerBlockOptions,
} from '@parlance/nn'
import { tf } from '@parlance/runtime'
import type { Tensors } from '../encoder-decoder.js'
import { AverageAttention } from './average-attention.js'
import { CausalAttention } from './causal-attention.js'
import type { SelfLayer } from './self-layer.js'
import { SSRU } from './ssru.js'

const SELF_LAYERS = { attention: CausalAttention, ssru: SSRU, average: AverageAttention }

export type DecoderLayerOptions = Required<
  Pick<TransformerBlockOptions, 'width' | 'heads' | 'hidden' | 'dropout' | 'attentionDropout' | 'initializer' | 'random'>
> & { kind: keyof typeof SELF_LAYERS }

/** One layer of the decoder, normalised before each of its three sub-layers: Vaswani et al. 2017, section 3.1. */
export class DecoderLayer extends Module {
  readonly selfLayer: SelfLayer
  readonly selfNorm: LayerNorm
  readonly crossAttention: MultiHeadAttention
  readonly crossAttentionNorm: LayerNorm
  readonly feedForward: FeedForward
  readonly feedForwardNorm: LayerNorm
  private readonly dropout: number

  constructor({ width, heads, hidden, dropout, attentionDropout, initializer, random, kind }: DecoderLayerOptions) {
    super()
    const attention = (name: string) => ({ width, heads, dropout: attentionDropout, initializer, random: random.fork(name) })
    this.dropout = dropout
    this.selfLayer = new SELF_LAYERS[kind](attention('selfAttention'))
    this.selfNorm = new LayerNorm({ width })
    this.crossAttention = new MultiHeadAttention(attention('crossAttention'))
    this.crossAttentionNorm = new LayerNorm({ width })
    this.feedForward = new FeedForward({ width, hidden, activation: 'relu', initializer, random: random.fork('feedForward') })
    this.feedForwardNorm = new LayerNorm({ width })
  }

  /** All positions at once: from x (N, T, width) to the same shape, over what `crossAttention.keyValue` gave. */
  forward(x: tf.Tensor, memory: KeyValue, memoryMask: tf.Tensor, context: Forward): tf.Tensor {
    const self = this.selfLayer.forward(this.selfNorm.forward(x), context)
    return this.over(this.plus(x, self, context), memory, memoryMask, context).output
  }

  /**
   * One position, x (R, width).
   *
   * @returns also the weights of the attention over the memory (R, heads, 1, S)
   */
  step(
    x: tf.Tensor,
    before: Tensors,
    position: tf.Tensor,
    memory: KeyValue,
    memoryMask: tf.Tensor,
    context: Forward,
  ): { output: tf.Tensor; state: Tensors; weights: tf.Tensor } {
    const { output: self, state } = this.selfLayer.step(this.selfNorm.forward(x), before, position, context)
    return { ...this.over(this.plus(x, self, context), memory, memoryMask, context), state }
  }

  private plus(x: tf.Tensor, added: tf.Tensor, context: Forward): tf.Tensor {
    return tf.add(x, context.dropout(added, this.dropout))
  }

  private over(x: tf.Tensor, memory: KeyValue, memoryMask: tf.Tensor, context: Forward) {
    const { output, weights } = this.crossAttention.attendWithWeights(
      this.crossAttentionNorm.forward(x),
      memory,
      context,
      memoryMask,
    )
    const crossed = this.plus(x, output, context)
    return { output: this.plus(crossed, this.feedForward.forward(this.feedForwardNorm.forward(crossed)), context), weights }
  }
}
