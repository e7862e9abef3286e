import type { FeatureStats } from '@parlance/audio'
import { Conv1d, lengthMask, Module } from '@parlance/nn'
import { gelu, type Random, tf } from '@parlance/runtime'
import { RECEPTIVE_FIELD, type Subsampling } from '../subsampling.js'

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
 * From log-mel features to frames for an encoder: normalised, then two convolutions over time of kernel 3 with GELU, as
 * in Whisper (Radford et al. 2022, section 2.2) but both of stride 2 (the second of 1 where `subsampling` is 2).
 *
 * Encoder frame j sees feature frames s·j … s·j + 6, s the subsampling: nothing before them, so that a stream needs no
 * state here. What lies beyond an utterance's end is the mean of the training data.
 */
export class Frontend extends Module {
  readonly normalization: FeatureNormalization
  readonly convolutions: Conv1d[]
  private readonly subsampling: Subsampling

  constructor({ bins, width, subsampling, random }: { bins: number; width: number; subsampling: Subsampling; random: Random }) {
    super()
    this.subsampling = subsampling
    this.normalization = new FeatureNormalization(bins)
    this.convolutions = [bins, width].map(
      (inputs, i) =>
        new Conv1d({ inputs, outputs: width, kernel: 3, stride: i === 0 ? 2 : subsampling / 2, random: random.fork('convolution', i) }),
    )
  }

  /** Makes it normalise with the statistics of its training data. */
  setNormalization({ mean, deviation }: FeatureStats): void {
    tf.tidy(() => {
      this.normalization.mean.assign(tf.tensor1d(mean))
      this.normalization.scale.assign(tf.tensor1d(deviation.map((value) => 1 / Math.max(value, 1e-5))))
    })
  }

  /**
   * @param features (N, T, F); what lies beyond an utterance's length does not matter
   * @param lengths int32 (N), feature frames of each utterance
   * @returns (N, ⌈T / s⌉, width), and int32 (N), encoder frames of each: ⌈length / s⌉
   */
  forward(features: tf.Tensor, lengths: tf.Tensor): { frames: tf.Tensor; lengths: tf.Tensor } {
    const normal = this.normalized(features, lengths)
    const padded = tf.pad(normal, [[0, 0], [0, RECEPTIVE_FIELD - 1], [0, 0]])
    return { frames: this.convolve(padded), lengths: this.encodedLengths(lengths) }
  }

  /**
   * The same for a stretch of a longer recording.
   *
   * @param features (N, s·(C − 1) + 7, F): what C encoder frames see
   * @param lengths int32 (N), how many of them are real
   * @returns (N, C, width), and int32 (N), how many of these are real: at most ⌈length / s⌉
   */
  stretch(features: tf.Tensor, lengths: tf.Tensor): { frames: tf.Tensor; lengths: tf.Tensor } {
    return { frames: this.convolve(this.normalized(features, lengths)), lengths: this.encodedLengths(lengths) }
  }

  private normalized(features: tf.Tensor, lengths: tf.Tensor): tf.Tensor {
    const inside = tf.cast(lengthMask(lengths, features.shape[1] as number), 'float32')
    return tf.mul(this.normalization.forward(features), tf.expandDims(inside, 2))
  }

  private convolve(x: tf.Tensor): tf.Tensor {
    return this.convolutions.reduce((x, convolution) => gelu(convolution.forward(x)), x)
  }

  private encodedLengths(lengths: tf.Tensor): tf.Tensor {
    const s = this.subsampling
    return tf.floorDiv(tf.add(lengths, tf.scalar(s - 1, 'int32')), tf.scalar(s, 'int32'))
  }
}
