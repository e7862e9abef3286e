import {
  type Forward, Linear, Module, rnntBand, rnntLoss, rnntPrunedLoss, rnntPruningBounds, rnntSimpleLoss, type RnntOptions, type RnntTargets,
  tdtLoss, type WeightOptions,
} from '@parlance/nn'
import { type Random, tf } from '@parlance/runtime'
import { BLANK } from '../tokens/blank.js'
import type { TransducerConfig } from '../config.js'
import { LstmPredictor, type Predictor, StatelessPredictor } from './predictor.js'

export interface TransducerOptions {
  config: TransducerConfig
  /** Of the encoder's output. */
  width: number
  vocabSize: number
  dropout: number
  random: Random
}

/**
 * Predictor and additive joiner (Graves 2012; the joiner as in icefall): with e the encoder's frame and p the predictor's
 * output,
 *
 *     logits(t, u) = output(tanh(encoderProjection(e_t) + predictorProjection(p_u)))
 *
 * With durations (Xu et al. 2023) a second layer on the same tanh, `durationOutput`, tells by how many frames a symbol goes on.
 * `simpleEncoder` and `simplePredictor` are the simple joiner of the pruned loss (Kuang et al. 2022), there only for it.
 */
export class Transducer extends Module {
  readonly predictor: Predictor
  readonly encoderProjection: Linear
  readonly predictorProjection: Linear
  readonly output: Linear
  readonly durationOutput?: Linear
  readonly simpleEncoder?: Linear
  readonly simplePredictor?: Linear
  private readonly config: TransducerConfig

  constructor({ config, width, vocabSize, dropout, random }: TransducerOptions) {
    super()
    const { joinerWidth } = config
    this.config = config
    const options = { ...config, vocabSize, dropout, random: random.fork('predictor') }
    this.predictor = config.predictor === 'lstm' ? new LstmPredictor(options) : new StatelessPredictor(options)
    const linear = (name: string, inputs: number, outputs: number): Linear => new Linear({ inputs, outputs, random: random.fork(name) })
    this.encoderProjection = linear('encoderProjection', width, joinerWidth)
    this.predictorProjection = linear('predictorProjection', this.predictor.outputs, joinerWidth)
    this.output = linear('output', joinerWidth, vocabSize)
    if (config.durations) this.durationOutput = linear('durationOutput', joinerWidth, config.durations.length)
    if (config.loss !== 'pruned') return
    this.simpleEncoder = linear('simpleEncoder', width, vocabSize)
    this.simplePredictor = linear('simplePredictor', this.predictor.outputs, vocabSize)
  }

  /** From projected frames and predictions, which broadcast to (…, joinerWidth), to logits (…, V), and of durations (…, D). */
  join(encoded: tf.Tensor, predicted: tf.Tensor): { logits: tf.Tensor; durationLogits?: tf.Tensor } {
    const joined = tf.tanh(tf.add(encoded, predicted))
    const logits = this.output.forward(joined)
    return this.durationOutput ? { logits, durationLogits: this.durationOutput.forward(joined) } : { logits }
  }

  /**
   * The logits of the whole lattice.
   *
   * @param encoded (N, T, width)
   * @param labels int32 (N, U)
   * @returns (N, T, U + 1, V)
   */
  lattice(encoded: tf.Tensor, labels: tf.Tensor, context: Forward): tf.Tensor {
    return this.latticeOf(encoded, this.predictor.forward(labels, context)).logits
  }

  /**
   * The transducer loss summed over the examples, in nats: on the full lattice, with durations or without, or on a band of it
   * with the simple joiner's loss beside it, scaled as `config` says.
   *
   * @param encoded (N, T, width)
   * @param step int32 scalar, from 1: the pruned loss warms up
   * @param shares weights (N) of the examples
   */
  loss(encoded: tf.Tensor, { windows, ...targets }: RnntTargets & Pick<RnntOptions, 'windows'>, context: Forward, step: tf.Tensor, shares: WeightOptions = {}): tf.Scalar {
    const predicted = this.predictor.forward(targets.labels, context)
    const { emissionDelay, durations } = this.config
    if (!this.simpleEncoder || !this.simplePredictor) {
      const { logits, durationLogits } = this.latticeOf(encoded, predicted)
      if (durations && durationLogits) return tdtLoss(logits, durationLogits, targets, { blank: BLANK, durations, ...shares }).sum
      return rnntLoss(logits, targets, { blank: BLANK, ...shares, ...(emissionDelay > 0 && windows && { windows }) }).sum
    }
    const { pruneRange, simpleScale, pruneWarmupSteps } = this.config
    const simple = rnntSimpleLoss(this.simpleEncoder.forward(encoded), this.simplePredictor.forward(predicted), targets, { blank: BLANK, ...shares })
    const bounds = rnntPruningBounds(simple.occupancies, targets, pruneRange)
    const projected = rnntBand(this.predictorProjection.forward(predicted), bounds, pruneRange)
    const { logits } = this.join(tf.expandDims(this.encoderProjection.forward(encoded), 2), projected)
    const pruned = rnntPrunedLoss(logits, bounds, targets, { blank: BLANK, ...shares })
    // As in icefall: the simple joiner leads until it prunes well.
    const warm = pruneWarmupSteps === 0 ? tf.scalar(1) : tf.minimum(tf.div(tf.cast(step, 'float32'), pruneWarmupSteps), 1)
    const simpleShare = tf.sub(1, tf.mul(warm, 1 - simpleScale))
    const prunedShare = tf.add(0.1, tf.mul(warm, 0.9))
    return tf.add(tf.mul(simple.sum, simpleShare), tf.mul(pruned.sum, prunedShare)) as tf.Scalar
  }

  private latticeOf(encoded: tf.Tensor, predicted: tf.Tensor): ReturnType<Transducer['join']> {
    return this.join(
      tf.expandDims(this.encoderProjection.forward(encoded), 2),
      tf.expandDims(this.predictorProjection.forward(predicted), 1),
    )
  }
}
