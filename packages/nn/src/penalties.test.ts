import { jit, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkGradients } from './gradient-check.js'
import { squaredError } from './losses/regression.js'
import { meanLoss } from './losses/summed.js'
import {
  activationPenalty,
  elasticNetPenalty,
  l1Penalty,
  l2Penalty,
  temporalActivationPenalty,
  withPenalty,
} from './penalties.js'
import { difference, example, useTestDevice } from './testing.js'

beforeAll(useTestDevice)

const parameters = (): Map<string, tf.Variable> => {
  const weight = tf.variable(tf.tensor2d([[1, -2], [0, 3]]))
  return new Map<string, tf.Variable>([['weight', weight], ['bias', tf.variable(tf.tensor1d([10, -10]))]])
}

describe('penalties of parameters', () => {
  it('sum sizes and halved squares of matrices, or of what the filter takes', () => {
    expect(l1Penalty(parameters(), 0.5).dataSync()[0]).toBe(3)
    expect(l2Penalty(parameters(), 0.5).dataSync()[0]).toBe(3.5)
    expect(elasticNetPenalty(parameters(), { l1: 0.5, l2: 0.5 }).dataSync()[0]).toBe(6.5)
    expect(l1Penalty(parameters(), 1, { filter: (name) => name === 'bias' }).dataSync()[0]).toBe(20)
    expect(l2Penalty(parameters(), 1, { filter: () => true }).dataSync()[0]).toBe(107)
  })

  it('have the gradients that shrink: the sign, and the value itself', () => {
    const given = parameters()
    const weight = given.get('weight') as tf.Variable
    const gradient = jit(() => tf.variableGrads(() => elasticNetPenalty(given, { l1: 0.5, l2: 0.25 }), [weight]).grads[weight.name]!)
    expect(difference(gradient(), [0.5 + 0.25, -0.5 - 0.5, 0, 0.5 + 0.75])).toBeLessThan(1e-6)
  })

  it('agree with differences', async () => {
    const weight = example([3, 4], 1)
    const given = new Map([['weight', weight]])
    const penalty = () => elasticNetPenalty(given, { l1: 0.3, l2: 0.7 })
    expect(await checkGradients(penalty, [weight], { epsilon: 0.001 })).toBeLessThan(1e-3)
  })

  it('add to the mean loss, whatever the number of terms', () => {
    const [x, y] = [tf.tensor1d([1, 2, 3]), tf.tensor1d([1, 2, 6])]
    expect(meanLoss(withPenalty(squaredError(x, y), tf.scalar(0.5))).dataSync()[0]).toBeCloseTo(3.5, 6)
  })

  it('reject a filter that takes nothing and a negative strength', () => {
    expect(() => l1Penalty(parameters(), 1, { filter: () => false })).toThrow('its filter takes none of 2')
    expect(() => l2Penalty(parameters(), -1)).toThrow('must be a number of 0 or more, got -0.5')
  })
})

describe('penalties of activations', () => {
  it('are means of squares, of values and of steps', async () => {
    const h = tf.tensor3d([[[1, 2], [3, 2], [3, -1]]])
    expect(activationPenalty(h, 2).dataSync()[0]).toBeCloseTo((2 * (1 + 4 + 9 + 4 + 9 + 1)) / 6, 5)
    expect(temporalActivationPenalty(h, 2).dataSync()[0]).toBeCloseTo((2 * (4 + 9)) / 4, 5)
    expect(temporalActivationPenalty(tf.ones([2, 1, 3]), 2).dataSync()[0]).toBe(0)
    const x = example([2, 3, 4])
    const both = () => tf.add(activationPenalty(x, 2), temporalActivationPenalty(x, 1))
    expect(await checkGradients(both, [x])).toBeLessThan(1e-3)
  })

  it('need outputs by time', () => {
    expect(() => temporalActivationPenalty(tf.ones([2, 3]), 1)).toThrow('must be (N, T, width), got shape [2, 3]')
    expect(() => activationPenalty(tf.ones([2]), NaN)).toThrow('0 or more, got NaN')
  })
})
