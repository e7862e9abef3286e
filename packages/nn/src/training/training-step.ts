import { tf } from '@parlance/runtime'
import { clipByGlobalNorm, gradients } from './gradients.js'
import type { LossScaling } from './loss-scaling.js'
import { divisor, type SummedLoss } from '../losses/summed.js'
import type { Optimizer } from '../optimizers/index.js'

/** What changes from step to step besides the batch: scalars, so that a trace does not freeze them. */
export interface StepNumbers {
  /** float32 scalar */
  learningRate: tf.Tensor
  /** int32 scalar, 1 for the first update */
  step: tf.Tensor
}

/** Scalars of one step. */
export interface StepResult extends SummedLoss {
  /** The norm of all gradients of the mean loss together, before clipping; 0 when loss scaling skipped the update. */
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
  /** For gradients in float16: scales the loss and skips updates that overflow. `train` must be given the same. */
  lossScaling?: LossScaling
}

/** What micro-batches and processes add up before an update. */
export interface GradientSums extends SummedLoss {
  /** Of the sum of the losses, times the loss scale where there is one; by parameter name. */
  readonly gradients: ReadonlyMap<string, tf.Tensor>
}

/** Forward and backward on one batch. The caller disposes what it returns. */
export function sumGradients<Batch>(
  { parameters, loss, lossScaling }: TrainingStepOptions<Batch>,
  batch: Batch,
  step: tf.Tensor,
): GradientSums {
  let kept: SummedLoss | undefined
  const { loss: scaled, gradients: found } = gradients(() => {
    const { sum, count } = loss(batch, step)
    kept = { sum: tf.keep(sum.clone()), count: tf.keep(count.clone()) } // the tape's scope would free them
    return lossScaling ? tf.mul(sum, lossScaling.scale) : sum
  }, parameters)
  scaled.dispose()
  const { sum, count } = kept as SummedLoss
  const sums = { sum: sum.clone(), count: count.clone(), gradients: found }
  tf.dispose([sum, count])
  return sums
}

/** The update by the gradient of the mean loss, clipped. */
export function applyMean<Batch>(
  options: TrainingStepOptions<Batch>,
  { sum, count, gradients }: GradientSums,
  { learningRate, step }: StepNumbers,
): StepResult {
  const { parameters, optimizer, maxGradientNorm = Infinity, lossScaling } = options
  return tf.tidy(() => {
    // Dividing by the scale is part of dividing by the count.
    const terms = lossScaling ? tf.mul(divisor(count), lossScaling.scale) : count
    const { gradients: clipped, norm } = clipByGlobalNorm(gradients, maxGradientNorm, terms)
    const apply = (step: tf.Tensor): void => optimizer.apply(clipped, learningRate, step)
    const result = { sum: sum.clone(), count: count.clone() }
    if (!lossScaling) {
      apply(step)
      return { ...result, gradientNorm: norm } satisfies StepResult
    }
    const variables = [...parameters.values(), ...optimizer.state().values()]
    return { ...result, gradientNorm: lossScaling.update(norm, step, variables, apply) } satisfies StepResult
  })
}

/**
 * The usual training step: gradients of the mean loss, clipped, applied. It may be traced whole:
 * `jit(trainingStep({ parameters, optimizer, loss }))`.
 */
export function trainingStep<Batch extends tf.TensorContainer>(options: TrainingStepOptions<Batch>): TrainStep<Batch> {
  return (batch, numbers) => tf.tidy(() => ({ ...applyMean(options, sumGradients(options, batch, numbers.step), numbers) }))
}
