import { type Forward, FeedForward, LayerNorm, lengthMask, Module, RelativeAttention } from '@parlance/nn'
import { type Random, tf } from '@parlance/runtime'
import type { EncoderConfig } from '../config.js'
import { ConvolutionModule } from './convolution-module.js'
import type { StateSpec, StreamingEncoder, StreamState } from './encoder.js'
import { chunkMask, windowMask } from './masks.js'

/** What a block keeps of the frames before: inputs of its attention (N, left, width) and of its convolution (N, kernel − 1, width). */
interface BlockPast {
  attention: tf.Tensor
  convolution: tf.Tensor
}

/**
 * A Conformer block (Gulati et al. 2020, equation 1), each part behind a LayerNorm and with dropout:
 *
 *     x̃ = x + ½ FFN(x)   x′ = x̃ + MHSA(x̃)   x″ = x′ + Conv(x′)   y = LayerNorm(x″ + ½ FFN(x″))
 */
export class ConformerBlock extends Module {
  readonly feedForward: FeedForward[]
  readonly feedForwardNorm: LayerNorm[]
  readonly attention: RelativeAttention
  readonly attentionNorm: LayerNorm
  readonly convolution: ConvolutionModule
  readonly convolutionNorm: LayerNorm
  readonly norm: LayerNorm
  private readonly dropout: number

  constructor({ width, heads, kernel, causal, dropout }: EncoderConfig, random: Random) {
    super()
    this.dropout = dropout
    this.feedForward = [0, 1].map((i) => new FeedForward({ width, hidden: 4 * width, activation: 'silu', random: random.fork('feedForward', i) }))
    this.feedForwardNorm = [0, 1].map(() => new LayerNorm({ width }))
    this.attention = new RelativeAttention({ width, heads, dropout, random: random.fork('attention') })
    this.attentionNorm = new LayerNorm({ width })
    this.convolution = new ConvolutionModule({ width, kernel, causal, random: random.fork('convolution') })
    this.convolutionNorm = new LayerNorm({ width })
    this.norm = new LayerNorm({ width })
  }

  /**
   * @param x (N, T, width)
   * @param inside float32 (N, T, 1): 1 for real frames, 0 for padding
   * @param mask added to the scores (N, 1, T, past + T)
   * @param past of a stream
   * @returns (N, T, width), and the inputs of attention and convolution with the past before them
   */
  forward(x: tf.Tensor, inside: tf.Tensor, mask: tf.Tensor, context: Forward, past?: BlockPast): { output: tf.Tensor; seen: BlockPast } {
    const drop = (y: tf.Tensor): tf.Tensor => context.dropout(y, this.dropout)
    const halfStep = (x: tf.Tensor, i: 0 | 1): tf.Tensor => {
      const [norm, layer] = [this.feedForwardNorm[i] as LayerNorm, this.feedForward[i] as FeedForward]
      return tf.add(x, tf.mul(drop(layer.forward(norm.forward(x))), 0.5))
    }
    const before = (earlier: tf.Tensor | undefined, x: tf.Tensor): tf.Tensor => (earlier ? tf.concat([earlier, x], 1) : x)
    const first = halfStep(x, 0)
    const attended = this.attentionNorm.forward(first)
    const second = tf.add(first, drop(this.attention.forward(attended, context, mask, past?.attention)))
    const gated = tf.mul(this.convolution.gate(this.convolutionNorm.forward(second)), inside)
    const third = tf.add(second, drop(this.convolution.convolve(gated, past?.convolution)))
    const seen = { attention: before(past?.attention, attended), convolution: before(past?.convolution, gated) }
    return { output: this.norm.forward(halfStep(third, 1)), seen }
  }
}

/**
 * Conformer blocks. With full context, attention sees `attentionContext` frames on either side; causal, it sees its chunk and
 * `leftContext` frames before it, and convolutions look back only.
 *
 * A stream keeps (layers, leftContext, N, width) of attention and (layers, kernel − 1, N, width) of convolutions: the shapes
 * that sherpa-onnx expects of streaming Conformers.
 */
export class ConformerEncoder extends Module implements StreamingEncoder {
  readonly blocks: ConformerBlock[]
  readonly chunk: number
  readonly state: readonly StateSpec[]
  private readonly config: EncoderConfig

  constructor(config: EncoderConfig, random: Random) {
    super()
    const { layers, leftContext, width, kernel } = config
    this.config = config
    this.chunk = config.chunk
    this.blocks = Array.from({ length: layers }, (_, i) => new ConformerBlock(config, random.fork('block', i)))
    this.state = [
      { name: 'cached_attention', shape: [layers, leftContext, 'N', width] },
      { name: 'cached_convolution', shape: [layers, kernel - 1, 'N', width] },
    ]
  }

  forward(frames: tf.Tensor, lengths: tf.Tensor, context: Forward): tf.Tensor {
    const { causal, attentionContext, chunk, leftContext, dropout } = this.config
    const count = frames.shape[1] as number
    const mask = causal ? chunkMask({ lengths, frames: count, chunk, leftContext }) : windowMask(lengths, count, attentionContext)
    const inside = realFrames(lengths, count)
    let x = context.dropout(frames, dropout)
    for (const block of this.blocks) x = block.forward(x, inside, mask, context).output
    return x
  }

  step(frames: tf.Tensor, lengths: tf.Tensor, processed: tf.Tensor, state: StreamState, context: Forward) {
    const { chunk, leftContext, kernel } = this.config
    const count = frames.shape[1] as number
    const mask = chunkMask({ lengths, frames: count, chunk, leftContext, past: { keys: leftContext, processed } })
    const inside = realFrames(lengths, count)
    // (layers, P, N, width) to (N, P, width) each, and back.
    const perLayer = (name: string): tf.Tensor[] => tf.unstack(tf.transpose(state[name] as tf.Tensor, [0, 2, 1, 3]))
    const [attention, convolution] = [perLayer('cached_attention'), perLayer('cached_convolution')]
    const last = (x: tf.Tensor, length: number): tf.Tensor => tf.slice(x, [0, count, 0], [-1, length, -1])
    const kept: BlockPast[] = []
    let x = frames
    for (const [i, block] of this.blocks.entries()) {
      const past = { attention: attention[i] as tf.Tensor, convolution: convolution[i] as tf.Tensor }
      const { output, seen } = block.forward(x, inside, mask, context, past)
      x = output
      kept.push({ attention: last(seen.attention, leftContext), convolution: last(seen.convolution, kernel - 1) })
    }
    const stacked = (name: keyof BlockPast): tf.Tensor => tf.transpose(tf.stack(kept.map((past) => past[name])), [0, 2, 1, 3])
    return { output: x, state: { cached_attention: stacked('attention'), cached_convolution: stacked('convolution') } }
  }
}

function realFrames(lengths: tf.Tensor, count: number): tf.Tensor {
  return tf.expandDims(tf.cast(lengthMask(lengths, count), 'float32'), 2)
}
