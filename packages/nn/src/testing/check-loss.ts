import { jit, tf } from '@parlance/runtime'
import { expect } from 'vitest'
import { checkGradients } from '../gradient-check.js'
import { difference } from '../testing.js'
import type { SummedLoss } from '../losses/summed.js'

interface Wanted {
  sum: number
  count: number
  /** By each of the variables, flat. */
  gradients: readonly (readonly number[])[]
}

export interface LossCheckOptions {
  /** Of the values and gradients, relative to the greatest one or to 1. Default 1e-5. */
  tolerance?: number
  /** Step of the numerical gradients; where a loss has kinks, less than the way to the next. Default 0.01. */
  epsilon?: number
}

/**
 * Expects sum, count and gradients of a loss to be those of the reference, its gradients to agree with differences,
 * and the same of it when it is traced.
 */
export async function expectLoss(
  loss: () => SummedLoss,
  variables: tf.Variable[],
  wanted: Wanted,
  { tolerance = 1e-5, epsilon = 0.01 }: LossCheckOptions = {},
): Promise<void> {
  const near = (tensor: tf.Tensor, values: readonly number[]): void => {
    const size = Math.max(1, ...values.map(Math.abs))
    expect(difference(tensor, values)).toBeLessThan(tolerance * size)
  }
  const run = (): { sum: tf.Tensor; count: tf.Tensor; gradients: tf.Tensor[] } => {
    const { value, grads } = tf.variableGrads(() => loss().sum, variables)
    return { sum: value, count: loss().count.clone(), gradients: variables.map(({ name }) => grads[name] as tf.Tensor) }
  }
  for (const compute of [run, jit(run)]) {
    const { sum, count, gradients } = compute()
    near(sum, [wanted.sum])
    near(count, [wanted.count])
    for (const [i, gradient] of gradients.entries()) near(gradient, wanted.gradients[i] as number[])
  }
  expect(await checkGradients(() => loss().sum, variables, { epsilon })).toBeLessThan(1e-3)
}
