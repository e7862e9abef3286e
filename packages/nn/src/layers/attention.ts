import { type Random, tf } from '@parlance/runtime'
import { dimensions, expectSize } from '../dimensions.js'
import type { Forward } from '../forward.js'
import type { Initializer } from '../initializers.js'
import { Module } from '../module.js'
import { Linear } from './linear.js'
import { rotate, type Rotation } from './rotary.js'

/** Projected keys and values of attention, both (N, G, T, D): G heads of width D over T positions. */
export interface KeyValue {
  readonly key: tf.Tensor
  readonly value: tf.Tensor
}

/** From (N, T, H·D) to (N, H, T, D), or from (N, H·D), one position, to (N, H, 1, D). */
export function splitHeads(x: tf.Tensor, heads: number): tf.Tensor4D {
  if (x.rank === 2) {
    const [examples, width] = x.shape as [number, number]
    return tf.reshape(x, [examples, heads, 1, width / heads])
  }
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

/** Attention's output and the weights that it is a mean by, before dropout. */
export interface Attended {
  readonly output: tf.Tensor
  /** (N, H, queries, keys), rows that sum to 1 */
  readonly weights: tf.Tensor
}

/**
 * softmax(Q·Kᵀ/√D + mask)·V: Vaswani et al. 2017, equation 1.
 *
 * With G < H heads of keys and values, each serves H/G neighbouring heads of queries (Ainslie et al. 2023; for one,
 * Shazeer 2019).
 *
 * @param query (N, H, queries, D)
 * @param mask broadcast to (N, H, queries, keys) and added to the scores: see `causalMask` and `paddingMask`
 * @param dropout the rate of dropout on the attention weights
 * @returns (N, H, queries, D)
 */
export function scaledDotProductAttention(
  query: tf.Tensor,
  keyValue: KeyValue,
  context: Forward,
  mask?: tf.Tensor,
  dropout = 0,
): tf.Tensor {
  return attendWithWeights(query, keyValue, context, mask, dropout).output
}

function attendWithWeights(
  query: tf.Tensor,
  { key, value }: KeyValue,
  context: Forward,
  mask: tf.Tensor | undefined,
  dropout: number,
): Attended {
  const [examples, heads, queries, width] = dimensions(query, 4, 'The query of attention (N, H, queries, D)')
  const [, groups, keys] = dimensions(key, 4, 'The key of attention (N, G, keys, D)')
  // The queries that share keys lie one after the other, as if they were one head's.
  const joined = [examples, groups, (heads / groups) * queries]
  const scaled = tf.mul(query, 1 / Math.sqrt(width))
  const scores = tf.matMul(groups === heads ? scaled : tf.reshape(scaled, [...joined, width]), key, false, true)
  const separate = groups === heads ? scores : tf.reshape(scores, [examples, heads, queries, keys])
  const weights = tf.softmax(mask ? tf.add(separate, mask) : separate)
  const dropped = context.dropout(weights, dropout)
  if (groups === heads) return { output: tf.matMul(dropped, value), weights }
  return { output: tf.reshape(tf.matMul(tf.reshape(dropped, [...joined, keys]), value), query.shape), weights }
}

export interface MultiHeadAttentionOptions {
  /** The width of inputs and outputs; a multiple of `heads`. */
  width: number
  heads: number
  random: Random
  /** Heads of keys and values, a divisor of `heads`: fewer make the cache smaller, 1 is multi-query. Default `heads`. */
  keyValueHeads?: number
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
  private readonly keyValueHeads: number
  private readonly dropout: number

  constructor(options: MultiHeadAttentionOptions) {
    super()
    const { width, heads, random, keyValueHeads = heads, dropout = 0, bias = true, initializer } = options
    expectSize('The heads of attention', heads)
    if (width % heads !== 0) {
      throw new Error(`The width of attention must be a multiple of its heads, got width ${width} and ${heads} heads.`)
    }
    expectSize('The key and value heads of attention', keyValueHeads)
    if (heads % keyValueHeads !== 0) {
      throw new Error(`The heads of attention must be a multiple of its key and value heads, got ${heads} and ${keyValueHeads}.`)
    }
    this.heads = heads
    this.keyValueHeads = keyValueHeads
    this.dropout = dropout
    const projection = (name: string, outputs = width): Linear =>
      new Linear({ inputs: width, outputs, bias, random: random.fork(name), ...(initializer && { initializer }) })
    this.query = projection('query')
    this.key = projection('key', (width / heads) * keyValueHeads)
    this.value = projection('value', (width / heads) * keyValueHeads)
    this.output = projection('output')
  }

  /** The keys and values of `memory` (N, T, width), the keys at the positions of `rotation`: compute once, attend often. */
  keyValue(memory: tf.Tensor, rotation?: Rotation): KeyValue {
    const key = splitHeads(this.key.forward(memory), this.keyValueHeads)
    return {
      key: rotation ? rotate(key, rotation) : key,
      value: splitHeads(this.value.forward(memory), this.keyValueHeads),
    }
  }

  /**
   * From x (N, queries, width), at the positions of `rotation`, over given keys and values to (N, queries, width); or from
   * one query each, (N, width), to the same.
   */
  attend(x: tf.Tensor, keyValue: KeyValue, context: Forward, mask?: tf.Tensor, rotation?: Rotation): tf.Tensor {
    return this.attendWithWeights(x, keyValue, context, mask, rotation).output
  }

  /** `attend`, and the weights of every head. */
  attendWithWeights(x: tf.Tensor, keyValue: KeyValue, context: Forward, mask?: tf.Tensor, rotation?: Rotation): Attended {
    const query = splitHeads(this.query.forward(x), this.heads)
    const placed = rotation ? rotate(query, rotation) : query
    const { output, weights } = attendWithWeights(placed, keyValue, context, mask, this.dropout)
    const merged = x.rank === 2 ? tf.reshape(output, [x.shape[0] as number, -1]) : mergeHeads(output)
    return { output: this.output.forward(merged), weights }
  }

  /** Self-attention: (N, T, width) to the same shape; with rotary positions those of x. */
  forward(x: tf.Tensor, context: Forward, mask?: tf.Tensor, rotation?: Rotation): tf.Tensor {
    return this.attend(x, this.keyValue(x, rotation), context, mask, rotation)
  }

  /**
   * Self-attention of new positions x (N, T, width), or one, (N, width), over the cached ones and themselves; returns the
   * longer cache. With rotary positions, those of x: they follow the cached ones.
   */
  step(
    x: tf.Tensor,
    cache: KeyValue | undefined,
    context: Forward,
    mask?: tf.Tensor,
    rotation?: Rotation,
  ): { output: tf.Tensor; cache: KeyValue } {
    const extended = extendCache(cache, this.keyValue(x, rotation))
    return { output: this.attend(x, extended, context, mask, rotation), cache: extended }
  }
}
