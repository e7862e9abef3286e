import { Module, parameter } from '@parlance/nn'
import { tf } from '@parlance/runtime'

/** How much a louder frame counts for more, in its mean over bins of deviation 1: at 2, speech outweighs the pauses a hundred times. */
const LOUDNESS = 2
/** Frames after which what was heard counts e times less. */
const MEMORY = 500
/** Weight of the mean that is expected before anything was heard, at first: of some 0.3 seconds of speech. */
const EXPECTED = 200

/**
 * Takes from each frame the mean of those until then, weighted by how loud they are and how long ago, so that speech counts and
 * pauses hardly do: what is left of a voice's and a microphone's colour is small. Cepstral mean normalisation (Atal 1974) as it can be
 * streamed, with an expected mean and its weight that are learnt:
 *
 *     yₜ = xₜ − (Σ_{s≤t} wₛ xₛ + w₀ μ₀) / (Σ_{s≤t} wₛ + w₀),  wₛ = exp(2 · mean of xₛ − (t − s) / 500)
 */
export class RunningMean extends Module {
  /** (F): μ₀ */
  readonly expected: tf.Variable
  /** (1): ln w₀ */
  readonly logWeight: tf.Variable

  constructor(private readonly bins: number) {
    super()
    this.expected = parameter(new Float32Array(bins), [bins])
    this.logWeight = parameter(Float32Array.of(Math.log(EXPECTED)), [1])
  }

  /** What a stream carries on: both sums, (N, F + 1). */
  get width(): number {
    return this.bins + 1
  }

  /**
   * @param x (N, T, F), of mean 0 and deviation 1 in the training data
   * @param inside (N, T, 1): 1, or 0 for what lies beyond an utterance
   * @param sums (N, F + 1), as they were before the first frame; default nothing was heard
   * @returns (N, T, F), and the sums after each frame, (N, T, F + 1)
   */
  forward(x: tf.Tensor, inside: tf.Tensor, sums?: tf.Tensor): { output: tf.Tensor; sums: tf.Tensor } {
    const age = tf.div(tf.cumsum(tf.onesLike(inside), 1), MEMORY)
    const weights = tf.mul(tf.exp(tf.add(tf.mul(tf.mean(x, 2, true), LOUDNESS), age)), inside)
    const heard = tf.cumsum(tf.concat([tf.mul(x, weights), weights], 2), 1)
    const all = tf.mul(sums ? tf.add(heard, tf.expandDims(sums, 1)) : heard, tf.exp(tf.neg(age)))
    const expectation = tf.mul(tf.concat([this.expected, tf.ones([1])], 0), tf.exp(this.logWeight))
    const [total, weight] = tf.split(tf.add(all, expectation), [this.bins, 1], 2) as [tf.Tensor, tf.Tensor]
    return { output: tf.sub(x, tf.div(total, weight)), sums: all }
  }
}
