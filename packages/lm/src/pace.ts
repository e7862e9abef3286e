import type { TrainStep } from '@parlance/nn'
import { tf } from '@parlance/runtime'

/** Steps before the clock starts: tracing, compiling, and memory that is used for the first time. */
const WARM_STEPS = 2
const MEASURED_STEPS = 20
/** The share of the time that measuring steps may take. */
const MEASURED_SHARE = 0.05
/** Left over for checkpoints and a machine that slows down. */
const RESERVE = 0.05

export interface PaceOptions {
  trainStep: TrainStep<tf.NamedTensorMap>
  batch: (step: number) => tf.NamedTensorMap
  evaluate: () => Promise<number>
  evaluateEvery: number
}

/**
 * How many steps, and the evaluations between them, fit into `seconds`, what it takes to find out included. It trains
 * for some steps: give it a model that is not needed afterwards.
 */
export async function stepsWithin(seconds: number, { trainStep, batch, evaluate, evaluateEvery }: PaceOptions): Promise<number> {
  const began = performance.now()
  const passed = (since: number) => (performance.now() - since) / 1000
  const run = async (step: number) => {
    const inputs = batch(step)
    const numbers = { learningRate: tf.scalar(0), step: tf.scalar(step, 'int32') }
    const result = trainStep(inputs, numbers)
    await result.sum.data()
    tf.dispose([inputs, numbers.learningRate, numbers.step, ...Object.values(result)])
  }
  for (let step = 1; step <= WARM_STEPS; step++) await run(step)
  const stepsBegan = performance.now()
  let steps = 0
  while (steps < MEASURED_STEPS && (steps === 0 || passed(stepsBegan) < seconds * MEASURED_SHARE)) await run(WARM_STEPS + ++steps)
  const perStep = passed(stepsBegan) / steps
  const evaluationBegan = performance.now()
  await evaluate()
  const perEvaluation = passed(evaluationBegan)
  const left = (seconds - passed(began)) * (1 - RESERVE) - perEvaluation
  return Math.max(1, Math.floor(left / (perStep + perEvaluation / evaluateEvery)))
}
