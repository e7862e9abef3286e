import { jit, type JitOptions, tf } from '@parlance/runtime'
import { expectSize } from '../dimensions.js'
import { applyMean, sumGradients, type TrainingStepOptions, type TrainStep } from './training-step.js'

/** A training step whose batch is an array of micro-batches. */
export interface AccumulatingStep<Batch extends tf.TensorContainer> extends TrainStep<Batch[]> {
  /** Frees the sums and the traces. */
  dispose(): void
}

/**
 * One update from several micro-batches, for batches that do not fit at once: gradients, losses and counts of terms are
 * summed over them, and the sums are divided once, so that the update is that of the whole batch however it was split.
 * Two traced graphs, one run for each micro-batch and one for each update: do not trace it again. The sums take the
 * memory of the parameters once more.
 *
 * @param precision what forward and backward compute products in, as `jit` takes it
 * @throws Error for no micro-batches; after an error nothing of its batch is left in the sums
 */
export function accumulatingStep<Batch extends tf.TensorContainer>(
  options: TrainingStepOptions<Batch>,
  precision: JitOptions = {},
): AccumulatingStep<Batch> {
  const { parameters } = options
  const zeros = (shape: number[]): tf.Variable => tf.tidy(() => tf.variable(tf.zeros(shape), false))
  const gradientSums = new Map([...parameters].map(([name, { shape }]) => [name, zeros(shape)]))
  const [lossSum, termCount] = [zeros([]), zeros([])]
  const all = [...gradientSums.values(), lossSum, termCount]
  /** The parameters that some loss has depended on: the others must stay without an update. */
  const reached = new Set<string>()

  const add = (to: tf.Variable, value: tf.Tensor): void => to.assign(tf.add(to, value))
  const clear = (): void => tf.tidy(() => all.forEach((variable) => variable.assign(tf.zerosLike(variable))))

  const accumulate = jit((batch: Batch, step: tf.Tensor): void => {
    tf.tidy(() => {
      const { sum, count, gradients } = sumGradients(options, batch, step)
      add(lossSum, sum)
      add(termCount, count)
      for (const [name, gradient] of gradients) {
        reached.add(name)
        add(gradientSums.get(name) as tf.Variable, gradient)
      }
    })
  }, precision)
  // Which parameters were reached is an argument, so that a batch that reaches more traces the update anew.
  const update = jit((names: string[], numbers: { learningRate: tf.Tensor; step: tf.Tensor }) =>
    tf.tidy(() => {
      const gradients = new Map(names.map((name) => [name, gradientSums.get(name) as tf.Tensor]))
      const sums = { sum: lossSum.clone() as tf.Scalar, count: termCount.clone() as tf.Scalar, gradients }
      const { sum, count, gradientNorm } = applyMean(options, sums, numbers)
      clear()
      return { sum, count, gradientNorm }
    }),
  )

  const run: TrainStep<Batch[]> = (batches, { learningRate, step }) => {
    if (batches.length === 0) throw new Error('A step that accumulates needs one micro-batch or more, got none.')
    try {
      for (const batch of batches) accumulate(batch, step)
      return update([...reached], { learningRate, step })
    } catch (error) {
      clear()
      throw error
    }
  }
  const dispose = (): void => {
    accumulate.dispose()
    update.dispose()
    tf.dispose(all)
  }
  return Object.assign(run, { dispose })
}

/**
 * The `batch` of `train` for an accumulating step: step s takes the micro-batches (s − 1)·count + 1 … s·count.
 *
 * @param batch gives a micro-batch by its number, 1 the first, as `train`'s `batch` does by the step
 */
export function microBatches<Batch extends tf.TensorContainer>(
  count: number,
  batch: (index: number) => Batch | Promise<Batch>,
): (step: number) => Promise<Batch[]> {
  expectSize('The micro-batches of a step', count)
  return async (step) => {
    const batches: Batch[] = []
    try {
      for (let i = 1; i <= count; i++) batches.push(await batch((step - 1) * count + i))
    } catch (error) {
      tf.dispose(batches)
      throw error
    }
    return batches
  }
}
