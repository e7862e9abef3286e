import type { FeatureStats } from '@parlance/audio'
import { Conv1d, lengthMask, Module } from '@parlance/nn'
import { gelu, type Random, tf } from '@parlance/runtime'
import { RECEPTIVE_FIELD, type Subsampling } from './subsampling.js'
import type { StateSpec, StreamState } from './encoder.js'
import { RunningMean } from './running-mean.js'

/** The state of a running mean. */
const SUMS = 'running_sums'

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

interface FrontendOptions {
  bins: number
  width: number
  subsampling: Subsampling
  runningMean: boolean
  random: Random
}

/**
 * From log-mel features to frames for an encoder: normalised, then two convolutions over time of kernel 3 with GELU, as
 * in Whisper (Radford et al. 2022, section 2.2) but both of stride 2 (the second of 1 where `subsampling` is 2).
 *
 * Encoder frame j sees feature frames s·j … s·j + 6, s the subsampling: nothing before them, so that a stream needs no
 * state here but that of a running mean, where there is one. What lies beyond an utterance's end is the mean of the training data.
 */
export class Frontend extends Module {
  readonly normalization: FeatureNormalization
  readonly runningMean?: RunningMean
  readonly convolutions: Conv1d[]
  /** What a stream carries from one stretch to the next. */
  readonly state: readonly StateSpec[]
  private readonly subsampling: Subsampling

  constructor({ bins, width, subsampling, runningMean, random }: FrontendOptions) {
    super()
    this.subsampling = subsampling
    this.normalization = new FeatureNormalization(bins)
    if (runningMean) this.runningMean = new RunningMean(bins)
    this.state = this.runningMean ? [{ name: SUMS, shape: ['N', this.runningMean.width] }] : []
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
    const { values } = this.normalized(features, lengths)
    const padded = tf.pad(values, [[0, 0], [0, RECEPTIVE_FIELD - 1], [0, 0]])
    return { frames: this.convolve(padded), lengths: this.encodedLengths(lengths) }
  }

  /**
   * The same for a stretch of a longer recording.
   *
   * @param features (N, s·(C − 1) + 7, F): what C encoder frames see
   * @param lengths int32 (N), how many of them are real
   * @param state `state` after the stretch before, zeros for the first
   * @returns (N, C, width), int32 (N), how many of these are real: at most ⌈length / s⌉, and the state for the next stretch
   */
  stretch(features: tf.Tensor, lengths: tf.Tensor, state: StreamState): { frames: tf.Tensor; lengths: tf.Tensor; state: StreamState } {
    const { values, sums } = this.normalized(features, lengths, state)
    // The last frames of this stretch come again as the first of the next.
    const last = (features.shape[1] as number) - (RECEPTIVE_FIELD - this.subsampling) - 1
    return {
      frames: this.convolve(values),
      lengths: this.encodedLengths(lengths),
      state: sums ? { [SUMS]: tf.squeeze(tf.slice(sums, [0, last, 0], [-1, 1, -1]), [1]) } : {},
    }
  }

  private normalized(features: tf.Tensor, lengths: tf.Tensor, state?: StreamState): { values: tf.Tensor; sums?: tf.Tensor } {
    const inside = tf.expandDims(tf.cast(lengthMask(lengths, features.shape[1] as number), 'float32'), 2)
    const values = tf.mul(this.normalization.forward(features), inside)
    if (!this.runningMean) return { values }
    const { output, sums } = this.runningMean.forward(values, inside, state?.[SUMS])
    return { values: tf.mul(output, inside), sums }
  }

  private convolve(x: tf.Tensor): tf.Tensor {
    return this.convolutions.reduce((x, convolution) => gelu(convolution.forward(x)), x)
  }

  private encodedLengths(lengths: tf.Tensor): tf.Tensor {
    const s = this.subsampling
    return tf.floorDiv(tf.add(lengths, tf.scalar(s - 1, 'int32')), tf.scalar(s, 'int32'))
  }
}
