import { causalMask, type Forward, Module, MultiHeadAttention, type MultiHeadAttentionOptions } from '@parlance/nn'
import type { tf } from '@parlance/runtime'
import type { Ports, Tensors } from '../encoder-decoder.js'

export interface SelfStep {
  /** (R, 1, width) */
  output: tf.Tensor
  state: Tensors
}

/** How a decoder layer looks back at what was said: self-attention, or what takes its place. */
export abstract class SelfLayer extends Module {
  /** What it carries from position to position. */
  abstract readonly statePorts: Ports

  /** All positions at once: from x (N, T, width) to the same shape, position t seeing positions 0 to t. */
  abstract forward(x: tf.Tensor, context: Forward): tf.Tensor

  /**
   * @param x (R, 1, width)
   * @param state of the positions before, which `position`, int32 (1), counts
   */
  abstract step(x: tf.Tensor, state: Tensors, position: tf.Tensor, context: Forward): SelfStep
}

/** Masked self-attention over a cache of keys and values. */
export class CausalAttention extends SelfLayer {
  readonly attention: MultiHeadAttention
  readonly statePorts: Ports

  constructor(options: MultiHeadAttentionOptions) {
    super()
    this.attention = new MultiHeadAttention(options)
    const axes = [options.heads, 'T', options.width / options.heads] as const
    this.statePorts = { key: axes, value: axes }
  }

  override forward(x: tf.Tensor, context: Forward): tf.Tensor {
    return this.attention.forward(x, context, causalMask(x.shape[1] as number))
  }

  override step(x: tf.Tensor, { key, value }: Tensors, _position: tf.Tensor, context: Forward): SelfStep {
    const { output, cache } = this.attention.step(x, { key: key as tf.Tensor, value: value as tf.Tensor }, context)
    return { output, state: { key: cache.key, value: cache.value } }
  }
}
