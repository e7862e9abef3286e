import { type Random, tf } from '@parlance/runtime'
import { dimensions, expectSize } from '../dimensions.js'
import type { Forward } from '../forward.js'
import type { Initializer } from '../initializers.js'
import { Module } from '../module.js'
import { Linear } from './linear.js'

/** Projected keys and values of attention, both (N, H, T, D): H heads of width D over T positions. */
export interface KeyValue {
  readonly key: tf.Tensor
  readonly value: tf.Tensor
}

/** From (N, T, H·D) to (N, H, T, D). */
export function splitHeads(x: tf.Tensor, heads: number): tf.Tensor4D {
  const [examples, length, width] = dimensions(x, 3, 'The input of attention (N, T, width)')
  return tf.transpose(tf.reshape(x, [examples, length, heads, width / heads]), [0, 2, 1, 3]) as tf.Tensor4D
}

/** From (N, H, T, D) to (N, T, H·D). */
export function mergeHeads(x: tf.Tensor): tf.Tensor3D {
  const [examples, heads, length, width] = dimensions(x, 4, 'The heads of attention (N, H, T, D)')
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [examples, length, heads * width]) as tf.Tensor3D
}

/** `cache` followed by `fresh` in time. Frees neither. */
export function extendCache(cache: KeyValue | undefined, fresh: KeyValue): KeyValue {
  if (!cache) return fresh
  return { key: tf.concat([cache.key, fresh.key], 2), value: tf.concat([cache.value, fresh.value], 2) }
}

/**
 * softmax(Q·Kᵀ/√D + mask)·V: Vaswani et al. 2017, equation 1.
 *
 * @param query (N, H, queries, D)
 * @param mask broadcast to (N, H, queries, keys) and added to the scores: see `causalMask` and `paddingMask`
 * @param dropout the rate of dropout on the attention weights
 * @returns (N, H, queries, D)
 */
export function scaledDotProductAttention(
  query: tf.Tensor,
  { key, value }: KeyValue,
  context: Forward,
  mask?: tf.Tensor,
  dropout = 0,
): tf.Tensor {
  const [, , , width] = dimensions(query, 4, 'The query of attention (N, H, queries, D)')
  const scores = tf.matMul(tf.mul(query, 1 / Math.sqrt(width)), key, false, true)
  const weights = tf.softmax(mask ? tf.add(scores, mask) : scores)
  return tf.matMul(context.dropout(weights, dropout), value)
}

export interface MultiHeadAttentionOptions {
  /** The width of inputs and outputs; a multiple of `heads`. */
  width: number
  heads: number
  random: Random
  /** Rate of dropout on the attention weights. Default 0. */
  dropout?: number
  /** Of the four projections' biases. Default true. */
  bias?: boolean
  /** Of the four projections' weights. Default: that of `Linear`. */
  initializer?: Initializer
}

/**
 * Attention with H heads: Vaswani et al. 2017, section 3.2.2. Masks are additive and broadcast to (N, H, queries, keys).
 */
export class MultiHeadAttention extends Module {
  readonly query: Linear
  readonly key: Linear
  readonly value: Linear
  readonly output: Linear
  private readonly heads: number
  private readonly dropout: number

  constructor({ width, heads, random, dropout = 0, bias = true, initializer }: MultiHeadAttentionOptions) {
    super()
    expectSize('The heads of attention', heads)
    if (width % heads !== 0) {
      throw new Error(`The width of attention must be a multiple of its heads, got width ${width} and ${heads} heads.`)
    }
    this.heads = heads
    this.dropout = dropout
    const projection = (name: string): Linear =>
      new Linear({ inputs: width, outputs: width, bias, random: random.fork(name), ...(initializer && { initializer }) })
    this.query = projection('query')
    this.key = projection('key')
    this.value = projection('value')
    this.output = projection('output')
  }

  /** The keys and values of `memory` (N, T, width): compute once, attend many times. */
  keyValue(memory: tf.Tensor): KeyValue {
    return {
      key: splitHeads(this.key.forward(memory), this.heads),
      value: splitHeads(this.value.forward(memory), this.heads),
    }
  }

  /** From x (N, queries, width) over given keys and values to (N, queries, width). */
  attend(x: tf.Tensor, keyValue: KeyValue, context: Forward, mask?: tf.Tensor): tf.Tensor {
    const query = splitHeads(this.query.forward(x), this.heads)
    const heads = scaledDotProductAttention(query, keyValue, context, mask, this.dropout)
    return this.output.forward(mergeHeads(heads))
  }

  /** Self-attention: (N, T, width) to the same shape. */
  forward(x: tf.Tensor, context: Forward, mask?: tf.Tensor): tf.Tensor {
    return this.attend(x, this.keyValue(x), context, mask)
  }

  /** Self-attention of new positions x (N, T, width) over the cached ones and themselves; returns the longer cache. */
  step(
    x: tf.Tensor,
    cache: KeyValue | undefined,
    context: Forward,
    mask?: tf.Tensor,
  ): { output: tf.Tensor; cache: KeyValue } {
    const extended = extendCache(cache, this.keyValue(x))
    return { output: this.attend(x, extended, context, mask), cache: extended }
  }
}
