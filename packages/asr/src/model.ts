import { Conv1d, type Forward, LayerNorm, lengthMask, Linear, Module, paddingMask, TransformerEncoderBlock } from '@parlance/nn'
import { gelu, iota, type Random, tf } from '@parlance/runtime'
import type { FeatureStats } from '@parlance/audio'
import type { EncoderConfig } from './config.js'

const HIDDEN = -1e9

export interface CtcModelOptions {
  encoder: EncoderConfig
  /** Feature bins, F. */
  bins: number
  /** Tokens with the blank, V. */
  vocabSize: number
  random: Random
}

/** Features shifted and scaled to mean 0 and deviation 1 in every bin of the training data. */
class FeatureNormalization extends Module {
  /** (F) */
  readonly mean: tf.Variable
  /** (F), 1 / deviation */
  readonly scale: tf.Variable

  constructor(bins: number) {
    super()
    this.mean = tf.tidy(() => tf.variable(tf.zeros([bins]), false))
    this.scale = tf.tidy(() => tf.variable(tf.ones([bins]), false))
  }

  /** (…, F) to the same shape. */
  forward(x: tf.Tensor): tf.Tensor {
    return tf.mul(tf.sub(x, this.mean), this.scale)
  }
}

/**
 * A CTC acoustic model (Graves et al. 2006) with a transformer encoder:
 *
 *     log-mel (N, T, F) → normalised → 2 × (convolution over time, kernel 3, stride 2, GELU) → (N, T', width)
 *     → + GELU(convolution over T'): relative positions, as in wav2vec 2.0 (Baevski et al. 2020, section 2)
 *     → transformer blocks in which frame i attends to frames i − c … i + c, c = attentionContext
 *     → LayerNorm → linear → logits (N, T', V), T' = ⌈⌈T / 2⌉ / 2⌉
 *
 * Nothing depends on where in a recording a sound is, so what is learnt on short recordings holds in long ones. What lies
 * beyond an utterance's length is zero wherever a neighbouring frame could read it, as if the batch ended there.
 */
export class CtcModel extends Module {
  readonly normalization: FeatureNormalization
  readonly subsampling: Conv1d[]
  readonly position: Conv1d
  readonly blocks: TransformerEncoderBlock[]
  readonly norm: LayerNorm
  readonly output: Linear
  private readonly config: EncoderConfig

  constructor({ encoder, bins, vocabSize, random }: CtcModelOptions) {
    super()
    const { width, layers, heads, positionKernel, dropout } = encoder
    this.config = encoder
    this.normalization = new FeatureNormalization(bins)
    this.subsampling = [bins, width].map(
      (inputs, i) =>
        new Conv1d({ inputs, outputs: width, kernel: 3, stride: 2, padding: 1, random: random.fork('subsampling', i) }),
    )
    this.position = new Conv1d({
      inputs: width, outputs: width, kernel: positionKernel, padding: (positionKernel - 1) / 2, random: random.fork('position'),
    })
    this.blocks = Array.from(
      { length: layers },
      (_, i) => new TransformerEncoderBlock({ width, heads, dropout, random: random.fork('block', i) }),
    )
    this.norm = new LayerNorm({ width })
    this.output = new Linear({ inputs: width, outputs: vocabSize, random: random.fork('output') })
  }

  /** Makes the model normalise with the statistics of its training data. */
  setNormalization({ mean, deviation }: FeatureStats): void {
    tf.tidy(() => {
      this.normalization.mean.assign(tf.tensor1d(mean))
      this.normalization.scale.assign(tf.tensor1d(deviation.map((value) => 1 / Math.max(value, 1e-5))))
    })
  }

  /**
   * @param features (N, T, F); what lies beyond an utterance's length does not matter
   * @param lengths int32 (N), feature frames of each utterance
   * @returns logits (N, T', V) and int32 (N), encoder frames of each utterance
   */
  forward(features: tf.Tensor, lengths: tf.Tensor, context: Forward): { logits: tf.Tensor; lengths: tf.Tensor } {
    let x = withoutPadding(this.normalization.forward(features), lengths)
    let inside = lengths
    for (const convolution of this.subsampling) {
      inside = halved(inside)
      x = withoutPadding(gelu(convolution.forward(x)), inside)
    }
    x = tf.add(x, gelu(this.position.forward(x)))
    x = context.dropout(x, this.config.dropout)
    const mask = this.attentionMask(inside, x.shape[1] as number)
    for (const block of this.blocks) x = block.forward(x, context, mask)
    return { logits: this.output.forward(this.norm.forward(x)), lengths: inside }
  }

  /** (N, 1, T', T'): hides frames beyond an utterance's end and those too far away. */
  private attentionMask(lengths: tf.Tensor, frames: number): tf.Tensor {
    const time = iota(frames)
    const distance = tf.abs(tf.sub(tf.expandDims(time, 1), tf.expandDims(time, 0)))
    const far = tf.cast(tf.greater(distance, tf.scalar(this.config.attentionContext, 'int32')), 'float32')
    return tf.add(paddingMask(lengthMask(lengths, frames)), tf.mul(far, HIDDEN))
  }
}

/** x (N, T, C) with zeros from each utterance's length on. */
function withoutPadding(x: tf.Tensor, lengths: tf.Tensor): tf.Tensor {
  const inside = tf.cast(lengthMask(lengths, x.shape[1] as number), 'float32')
  return tf.mul(x, tf.expandDims(inside, 2))
}

/** ⌈length / 2⌉ */
function halved(lengths: tf.Tensor): tf.Tensor {
  return tf.floorDiv(tf.add(lengths, tf.scalar(1, 'int32')), tf.scalar(2, 'int32'))
}
