import { tf } from '@parlance/runtime'
import { clipByGlobalNorm, gradients } from './gradients.js'
import type { SummedLoss } from './losses/cross-entropy.js'
import type { Optimizer } from './optimizers/index.js'

/** What changes from step to step besides the batch: scalars, so that a trace does not freeze them. */
export interface StepNumbers {
  /** float32 scalar */
  learningRate: tf.Tensor
  /** int32 scalar, 1 for the first update */
  step: tf.Tensor
}

/** Scalars of one step. */
export interface StepResult extends SummedLoss {
  /** The norm of all gradients of the mean loss together, before clipping. */
  readonly gradientNorm: tf.Scalar
}

/** Forward, backward and update on one batch. Everything that it returns is the caller's to dispose. */
export type TrainStep<Batch extends tf.TensorContainer> = (batch: Batch, numbers: StepNumbers) => StepResult

export interface TrainingStepOptions<Batch> {
  /** By name; `namedParameters(model)`. */
  parameters: ReadonlyMap<string, tf.Variable>
  optimizer: Optimizer
  /** The loss of a batch. `step`, an int32 scalar, keys the dropout masks. */
  loss: (batch: Batch, step: tf.Tensor) => SummedLoss
  /** Clips the gradient of the mean loss by its global norm; default Infinity: measured, not clipped. */
  maxGradientNorm?: number
}

/**
 * The usual training step: gradients of the mean loss, clipped, applied. It may be traced whole:
 * `jit(trainingStep({ parameters, optimizer, loss }))`.
 */
export function trainingStep<Batch extends tf.TensorContainer>(options: TrainingStepOptions<Batch>): TrainStep<Batch> {
  const { parameters, optimizer, loss, maxGradientNorm = Infinity } = options
  return (batch, { learningRate, step }) =>
    tf.tidy(() => {
      let counted: tf.Scalar | undefined
      const { loss: sum, gradients: ofSum } = gradients(() => {
        const { sum, count } = loss(batch, step)
        counted = tf.keep(count.clone()) // the tape's scope would free it
        return sum
      }, parameters)
      const count = (counted as tf.Scalar).clone()
      counted?.dispose()
      const clipped = clipByGlobalNorm(ofSum, maxGradientNorm, count)
      optimizer.apply(clipped.gradients, learningRate, step)
      return { sum, count, gradientNorm: clipped.norm } satisfies StepResult
    })
}
