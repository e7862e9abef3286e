import { tf } from '@parlance/runtime'
import { meanOf } from '../losses/summed.js'
import type { TrainOptions } from '../training/train-options.js'

/** What a trial needs of what `train` takes. */
export type TrialOptions<Batch extends tf.TensorContainer> = Pick<
  TrainOptions<Batch>,
  'parameters' | 'optimizer' | 'trainStep' | 'lossScaling'
>

/** Calls `work`; afterwards the parameters, the optimizer and the loss scale are what they were, unless it says to keep. */
export async function trial<Batch extends tf.TensorContainer, Result>(
  { parameters, optimizer, lossScaling }: TrialOptions<Batch>,
  work: () => Promise<Result>,
  keep = false,
): Promise<Result> {
  const variables = [...parameters.values(), ...optimizer.state().values(), ...(lossScaling?.state().values() ?? [])]
  const before = keep ? [] : variables.map((variable) => tf.keep(variable.clone()))
  try {
    return await work()
  } finally {
    for (const [i, value] of before.entries()) variables[i]?.assign(value)
    tf.dispose(before)
  }
}

/** One update on a batch, which is freed; the mean loss before it. */
export async function trialStep<Batch extends tf.TensorContainer>(
  { trainStep }: TrialOptions<Batch>,
  batch: Batch,
  step: number,
  rate: number,
): Promise<number> {
  const numbers = { learningRate: tf.scalar(rate), step: tf.scalar(step, 'int32') }
  try {
    const { sum, count, gradientNorm } = trainStep(batch, numbers)
    const [total, terms] = await Promise.all([sum.data(), count.data()])
    tf.dispose([sum, count, gradientNorm])
    return meanOf(total[0] as number, terms[0] as number)
  } finally {
    tf.dispose([batch, numbers.learningRate, numbers.step])
  }
}
