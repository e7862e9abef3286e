import { type Random, tf } from '@parlance/runtime'
import { type Activation, activate } from '../activations.js'
import { expectSize, expectWidth } from '../dimensions.js'
import type { Forward } from '../forward.js'
import type { Initializer } from '../initializers.js'
import { Module } from '../module.js'
import { type KeyValue, MultiHeadAttention } from './attention.js'
import { Linear } from './linear.js'
import { LayerNorm } from './normalization.js'
import type { Rotation } from './rotary.js'

export interface FeedForwardOptions {
  width: number
  hidden: number
  random: Random
  /** Default 'gelu'. */
  activation?: Activation
  /** Default true. */
  bias?: boolean
  initializer?: Initializer
}

/** Two linear layers with an activation between them: Vaswani et al. 2017, section 3.3. */
export class FeedForward extends Module {
  readonly input: Linear
  readonly output: Linear
  private readonly activation: Activation

  constructor({ width, hidden, random, activation = 'gelu', bias = true, initializer }: FeedForwardOptions) {
    super()
    const shared = { bias, ...(initializer && { initializer }) }
    this.activation = activation
    this.input = new Linear({ inputs: width, outputs: hidden, random: random.fork('input'), ...shared })
    this.output = new Linear({ inputs: hidden, outputs: width, random: random.fork('output'), ...shared })
  }

  /** (…, width) to the same shape. */
  forward(x: tf.Tensor): tf.Tensor {
    expectWidth('FeedForward', x.shape[x.rank - 1], this.input.inputs)
    // Flattened here, since each layer would do it by itself.
    const rows = x.rank === 2 ? x : tf.reshape(x, [-1, this.input.inputs])
    const y = this.output.forward(activate(this.activation, this.input.forward(rows)))
    return x.rank === 2 ? y : tf.reshape(y, x.shape)
  }
}

export interface TransformerBlockOptions {
  /** A multiple of `heads`. */
  width: number
  heads: number
  random: Random
  /** Width between the two feed-forward layers. Default 4 × width. */
  hidden?: number
  /** Default 'gelu'. */
  activation?: Activation
  /** Normalise each sub-layer's input ('pre') or the sum after it ('post', as in the paper). Default 'pre'. */
  norm?: 'pre' | 'post'
  /** Rate of dropout on each sub-layer's output. Default 0. */
  dropout?: number
  /** Rate of dropout on the attention weights. Default 0. */
  attentionDropout?: number
  /** Biases of linear layers and normalisations. Default true. */
  bias?: boolean
  /** Of the weights of linear layers. Default: that of `Linear`. */
  initializer?: Initializer
  /** Added to the variance in normalisations. Default 1e-5. */
  epsilon?: number
}

/** The residual connection of every sub-layer: x + f(norm(x)) before, or norm(x + f(x)) after. */
abstract class TransformerBlock extends Module {
  private readonly norm: 'pre' | 'post'
  private readonly dropout: number

  constructor({ width, norm = 'pre', dropout = 0 }: TransformerBlockOptions) {
    super()
    expectSize('The width of a transformer block', width)
    this.norm = norm
    this.dropout = dropout
  }

  protected residual(x: tf.Tensor, norm: LayerNorm, context: Forward, f: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
    if (this.norm === 'pre') return tf.add(x, context.dropout(f(norm.forward(x)), this.dropout))
    return norm.forward(tf.add(x, context.dropout(f(x), this.dropout)))
  }
}

function layerNorm({ width, bias = true, epsilon = 1e-5 }: TransformerBlockOptions): LayerNorm {
  return new LayerNorm({ width, bias, epsilon })
}

function attention(options: TransformerBlockOptions, name: string): MultiHeadAttention {
  const { width, heads, bias = true, attentionDropout = 0, initializer, random } = options
  return new MultiHeadAttention({
    width,
    heads,
    bias,
    dropout: attentionDropout,
    random: random.fork(name),
    ...(initializer && { initializer }),
  })
}

function feedForward(options: TransformerBlockOptions): FeedForward {
  const { width, hidden = 4 * width, activation = 'gelu', bias = true, initializer, random } = options
  const own = { width, hidden, activation, bias, random: random.fork('feedForward') }
  return new FeedForward({ ...own, ...(initializer && { initializer }) })
}

/**
 * Self-attention and feed-forward: the encoder block of Vaswani et al. 2017, and with a causal mask the block of a
 * decoder-only model such as GPT-2.
 */
export class TransformerEncoderBlock extends TransformerBlock {
  readonly attentionNorm: LayerNorm
  readonly attention: MultiHeadAttention
  readonly feedForwardNorm: LayerNorm
  readonly feedForward: FeedForward

  constructor(options: TransformerBlockOptions) {
    super(options)
    this.attentionNorm = layerNorm(options)
    this.attention = attention(options, 'attention')
    this.feedForwardNorm = layerNorm(options)
    this.feedForward = feedForward(options)
  }

  /** (N, T, width) to the same shape; `mask` is added to the scores (N, H, T, T), `rotation` is that of x's positions. */
  forward(x: tf.Tensor, context: Forward, mask?: tf.Tensor, rotation?: Rotation): tf.Tensor {
    const attended = this.residual(x, this.attentionNorm, context, (x) =>
      this.attention.forward(x, context, mask, rotation),
    )
    return this.residual(attended, this.feedForwardNorm, context, (x) => this.feedForward.forward(x))
  }

  /**
   * The block for new positions x (N, T, width) that follow the cached ones; returns the longer cache. No mask is
   * needed for one new position; several need `causalMask(T, cached + T)`.
   */
  step(
    x: tf.Tensor,
    cache: KeyValue | undefined,
    context: Forward,
    mask?: tf.Tensor,
    rotation?: Rotation,
  ): { output: tf.Tensor; cache: KeyValue } {
    let extended = cache
    const attended = this.residual(x, this.attentionNorm, context, (x) => {
      const stepped = this.attention.step(x, cache, context, mask, rotation)
      extended = stepped.cache
      return stepped.output
    })
    const output = this.residual(attended, this.feedForwardNorm, context, (x) => this.feedForward.forward(x))
    return { output, cache: extended as KeyValue }
  }
}

/** Self-attention, attention over an encoder's output (the memory), feed-forward: Vaswani et al. 2017, section 3.1. */
export class TransformerDecoderBlock extends TransformerBlock {
  readonly selfAttentionNorm: LayerNorm
  readonly selfAttention: MultiHeadAttention
  readonly crossAttentionNorm: LayerNorm
  readonly crossAttention: MultiHeadAttention
  readonly feedForwardNorm: LayerNorm
  readonly feedForward: FeedForward

  constructor(options: TransformerBlockOptions) {
    super(options)
    this.selfAttentionNorm = layerNorm(options)
    this.selfAttention = attention(options, 'selfAttention')
    this.crossAttentionNorm = layerNorm(options)
    this.crossAttention = attention(options, 'crossAttention')
    this.feedForwardNorm = layerNorm(options)
    this.feedForward = feedForward(options)
  }

  /** The keys and values of an encoder's output (N, S, width), for `step`. */
  memory(encoded: tf.Tensor): KeyValue {
    return this.crossAttention.keyValue(encoded)
  }

  /**
   * @param x (N, T, width)
   * @param encoded the encoder's output (N, S, width)
   * @param selfMask added to the scores (N, H, T, T): usually `causalMask(T)`
   * @param memoryMask added to the scores (N, H, T, S): `paddingMask` of the source
   * @returns (N, T, width)
   */
  forward(
    x: tf.Tensor,
    encoded: tf.Tensor,
    context: Forward,
    selfMask?: tf.Tensor,
    memoryMask?: tf.Tensor,
  ): tf.Tensor {
    const attended = this.residual(x, this.selfAttentionNorm, context, (x) =>
      this.selfAttention.forward(x, context, selfMask),
    )
    return this.afterSelfAttention(attended, this.memory(encoded), context, memoryMask)
  }

  /**
   * The block for new positions x (N, T, width) that follow the cached ones, over `memory(encoded)`; returns the longer
   * cache. No `selfMask` is needed for one new position.
   */
  step(
    x: tf.Tensor,
    cache: KeyValue | undefined,
    memory: KeyValue,
    context: Forward,
    selfMask?: tf.Tensor,
    memoryMask?: tf.Tensor,
  ): { output: tf.Tensor; cache: KeyValue } {
    let extended = cache
    const attended = this.residual(x, this.selfAttentionNorm, context, (x) => {
      const stepped = this.selfAttention.step(x, cache, context, selfMask)
      extended = stepped.cache
      return stepped.output
    })
    const output = this.afterSelfAttention(attended, memory, context, memoryMask)
    return { output, cache: extended as KeyValue }
  }

  private afterSelfAttention(x: tf.Tensor, memory: KeyValue, context: Forward, memoryMask?: tf.Tensor): tf.Tensor {
    const crossed = this.residual(x, this.crossAttentionNorm, context, (x) =>
      this.crossAttention.attend(x, memory, context, memoryMask),
    )
    return this.residual(crossed, this.feedForwardNorm, context, (x) => this.feedForward.forward(x))
  }
}
