import { causalMask, type Forward, MultiHeadAttention } from '@parlance/nn'
import type { tf } from '@parlance/runtime'
import type { Ports, Tensors } from '../encoder-decoder.js'
import { SelfLayer, type SelfLayerOptions, type SelfStep } from './self-layer.js'

/** Masked self-attention over a cache of keys and values, which grows: Vaswani et al. 2017, section 3.2.3. */
export class CausalAttention extends SelfLayer {
  readonly attention: MultiHeadAttention
  readonly statePorts: Ports

  constructor(options: SelfLayerOptions) {
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
