import type { tf } from '@parlance/runtime'
import { expectSize } from '../dimensions.js'
import { formatNumber } from '../training/format.js'
import { trial, type TrialOptions, trialStep } from './trial.js'

export interface OverfitOptions<Batch extends tf.TensorContainer> extends TrialOptions<Batch> {
  /** Makes the batch, the same at every call: each update frees its own. */
  batch: () => Batch | Promise<Batch>
  learningRate: number
  /** The mean loss to reach, in the loss's own units; above its least value where that is not 0 (label smoothing). */
  threshold: number
  /** The most updates; default 500. */
  maxSteps?: number
  /** Keeps what was learnt instead of putting parameters and optimizer back; default false. */
  keep?: boolean
}

export interface OverfitResult {
  /** Whether the loss came below the threshold. */
  learned: boolean
  /** Updates done. */
  steps: number
  /** Before the first update, and the last one measured. */
  firstLoss: number
  loss: number
  /** The result as a sentence, with what to look at when it is bad. */
  summary: string
}

/**
 * Trains on one batch until its loss is below a threshold: a model that cannot learn one batch by heart has a fault in
 * its data, loss, gradients or rate. Stops early when the loss is not finite.
 *
 * @throws RangeError for a rate that is not positive
 */
export async function overfitOneBatch<Batch extends tf.TensorContainer>(options: OverfitOptions<Batch>): Promise<OverfitResult> {
  const { learningRate, threshold, maxSteps = 500, keep = false } = options
  expectSize('The most steps on one batch', maxSteps)
  if (!(learningRate > 0)) throw new RangeError(`The learning rate must be more than 0, got ${learningRate}.`)
  return trial(
    options,
    async () => {
      let [firstLoss, loss, steps] = [NaN, NaN, 0]
      for (; steps < maxSteps; steps++) {
        loss = await trialStep(options, await options.batch(), steps + 1, learningRate)
        if (steps === 0) firstLoss = loss
        if (loss < threshold || !Number.isFinite(loss)) break
      }
      const learned = loss < threshold
      return { learned, steps, firstLoss, loss, summary: summarize({ learned, steps, firstLoss, loss }, options) }
    },
    keep,
  )
}

function summarize(
  { learned, steps, firstLoss, loss }: Omit<OverfitResult, 'summary'>,
  { threshold, learningRate }: { threshold: number; learningRate: number },
): string {
  const course = `the loss went from ${formatNumber(firstLoss)} to ${formatNumber(loss)} in ${steps} updates`
  if (learned) return `The model learns the batch: ${course}, below ${formatNumber(threshold)}.`
  const rate = `at learning rate ${learningRate}`
  if (!Number.isFinite(loss)) return `The model does not learn the batch: ${course} ${rate}: lower it, or check the loss and the data.`
  if (loss >= firstLoss) {
    return `The model does not learn the batch: ${course} ${rate}: check the rate, and that gradients reach the parameters.`
  }
  return (
    `The model has not learnt the batch: ${course} ${rate}, not below ${formatNumber(threshold)}: ` +
    'check targets and masks, switch dropout off, or allow more updates.'
  )
}
