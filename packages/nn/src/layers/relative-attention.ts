import { type Random, tf } from '@parlance/runtime'
import { expectSize } from '../dimensions.js'
import type { Forward } from '../forward.js'
import { iota } from '../iota.js'
import { Module, parameter } from '../module.js'
import { mergeHeads, splitHeads } from './attention.js'
import { Linear } from './linear.js'
import { sinusoidalPositions } from './positions.js'

export interface RelativeAttentionOptions {
  /** The width of inputs and outputs; even, and a multiple of `heads`. */
  width: number
  heads: number
  random: Random
  /** Rate of dropout on the attention weights. Default 0. */
  dropout?: number
}

/**
 * Self-attention with the relative positions of Transformer-XL (Dai et al. 2019, section 3.3), in both directions as in the
 * Conformer (Gulati et al. 2020). With p_d the projected sinusoidal encoding of distance d = i − j, u and v learnt:
 *
 *     score(i, j) = ((q_i + u) · k_j + (q_i + v) · p_{i−j}) / √D
 *
 * Names are those of Hugging Face's Wav2Vec2-Conformer.
 */
export class RelativeAttention extends Module {
  readonly linear_q: Linear
  readonly linear_k: Linear
  readonly linear_v: Linear
  readonly linear_out: Linear
  readonly linear_pos: Linear
  /** u (heads, D) */
  readonly pos_bias_u: tf.Variable
  /** v (heads, D) */
  readonly pos_bias_v: tf.Variable
  private readonly width: number
  private readonly heads: number
  private readonly dropout: number

  constructor({ width, heads, random, dropout = 0 }: RelativeAttentionOptions) {
    super()
    expectSize('The heads of attention', heads)
    if (width % heads !== 0) {
      throw new Error(`The width of attention must be a multiple of its heads, got width ${width} and ${heads} heads.`)
    }
    this.width = width
    this.heads = heads
    this.dropout = dropout
    const projection = (name: string, bias = true): Linear =>
      new Linear({ inputs: width, outputs: width, bias, random: random.fork(name) })
    this.linear_q = projection('linear_q')
    this.linear_k = projection('linear_k')
    this.linear_v = projection('linear_v')
    this.linear_out = projection('linear_out')
    this.linear_pos = projection('linear_pos', false)
    this.pos_bias_u = parameter(new Float32Array(width), [heads, width / heads])
    this.pos_bias_v = parameter(new Float32Array(width), [heads, width / heads])
  }

  /**
   * @param x (N, T, width)
   * @param mask added to the scores (N, H, T, P + T)
   * @param past (N, P, width): inputs of the P positions before x, which x attends to as well. Default none
   * @returns x's shape
   */
  forward(x: tf.Tensor, context: Forward, mask?: tf.Tensor, past?: tf.Tensor): tf.Tensor {
    const seen = past ? tf.concat([past, x], 1) : x
    const query = splitHeads(this.linear_q.forward(x), this.heads)
    const key = splitHeads(this.linear_k.forward(seen), this.heads)
    const value = splitHeads(this.linear_v.forward(seen), this.heads)
    const biased = (bias: tf.Variable): tf.Tensor => tf.add(query, tf.expandDims(bias, 1))
    const content = tf.matMul(biased(this.pos_bias_u), key, false, true)
    const positions = this.positions(query.shape[2], key.shape[2])
    const position = tf.matMul(biased(this.pos_bias_v), positions, false, true)
    const distances = fromDistances(position, key.shape[2])
    const scores = tf.mul(tf.add(content, distances), 1 / Math.sqrt(this.width / this.heads))
    const weights = context.dropout(tf.softmax(mask ? tf.add(scores, mask) : scores), this.dropout)
    return this.linear_out.forward(mergeHeads(tf.matMul(weights, value)))
  }

  /** p_d of the distances S − 1 … −(T − 1) of T queries to S keys that end together: (1, H, S + T − 1, D). */
  private positions(queries: number, keys: number): tf.Tensor {
    const distances = tf.concat([tf.reverse(iota(keys)), tf.neg(tf.slice(iota(queries), [1], [queries - 1]))])
    const encoded = this.linear_pos.forward(sinusoidalPositions(distances, this.width))
    return splitHeads(tf.expandDims(encoded, 0), this.heads)
  }
}

/**
 * From scores by distance (N, H, T, S + T − 1), S − 1 first, to scores by key (N, H, T, S): row i starts T − 1 − i later. One
 * more column makes that shift a matter of reading the numbers in rows of another length.
 */
function fromDistances(scores: tf.Tensor, keys: number): tf.Tensor {
  const [examples, heads, queries, distances] = scores.shape as [number, number, number, number]
  const padded = tf.pad(scores, [[0, 0], [0, 0], [0, 0], [1, 0]])
  const rows = tf.reshape(padded, [examples, heads, distances + 1, queries])
  const shifted = tf.reshape(tf.slice(rows, [0, 0, 1, 0], [-1, -1, distances, queries]), [examples, heads, queries, distances])
  return tf.slice(shifted, [0, 0, 0, 0], [-1, -1, queries, keys])
}
