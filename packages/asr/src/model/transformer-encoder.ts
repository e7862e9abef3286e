import { Conv1d, type Forward, LayerNorm, lengthMask, Module, TransformerEncoderBlock } from '@parlance/nn'
import { gelu, type Random, tf } from '@parlance/runtime'
import type { EncoderConfig } from '../config.js'
import type { Encoder } from './encoder.js'
import { windowMask } from './masks.js'

/**
 * A transformer with local attention:
 *
 *     x + GELU(convolution of x over time): relative positions, as in wav2vec 2.0 (Baevski et al. 2020, section 2)
 *     → transformer blocks in which frame i attends to frames i − c … i + c, c = attentionContext → LayerNorm
 *
 * Nothing depends on where in a recording a sound is, so what is learnt on short recordings holds in long ones.
 */
export class TransformerEncoder extends Module implements Encoder {
  readonly position: Conv1d
  readonly blocks: TransformerEncoderBlock[]
  readonly norm: LayerNorm
  private readonly config: EncoderConfig

  constructor(config: EncoderConfig, random: Random) {
    super()
    const { width, layers, heads, kernel, dropout } = config
    this.config = config
    this.position = new Conv1d({ inputs: width, outputs: width, kernel, padding: (kernel - 1) / 2, random: random.fork('position') })
    this.blocks = Array.from(
      { length: layers },
      (_, i) => new TransformerEncoderBlock({ width, heads, dropout, random: random.fork('block', i) }),
    )
    this.norm = new LayerNorm({ width })
  }

  forward(frames: tf.Tensor, lengths: tf.Tensor, context: Forward): tf.Tensor {
    const inside = tf.cast(lengthMask(lengths, frames.shape[1] as number), 'float32')
    const clean = tf.mul(frames, tf.expandDims(inside, 2))
    let x = context.dropout(tf.add(clean, gelu(this.position.forward(clean))), this.config.dropout)
    const mask = windowMask(lengths, x.shape[1] as number, this.config.attentionContext)
    for (const block of this.blocks) x = block.forward(x, context, mask)
    return this.norm.forward(x)
  }
}
