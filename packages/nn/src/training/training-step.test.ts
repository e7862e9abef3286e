import { beforeAll, describe, expect, it } from 'vitest'
import { jit, tf } from '@parlance/runtime'
import { LossScaling } from './loss-scaling.js'
import { squaredError } from '../losses/index.js'
import { meanOf } from '../losses/summed.js'
import { SGD } from '../optimizers/index.js'
import { example, useTestDevice } from '../testing.js'
import { trainingStep } from './training-step.js'

beforeAll(useTestDevice)

describe('trainingStep', () => {
  /** One update of w = 3 by Σ gᵢ (w xᵢ)² / Σ gᵢ at rate 0.1. */
  function update(x: number[], weights: number[], scaled: boolean) {
    const w = tf.tidy(() => tf.variable(tf.scalar(3)))
    const parameters = new Map([['w', w as tf.Variable]])
    const loss = ({ x, weights }: { x: tf.Tensor; weights: tf.Tensor }) =>
      squaredError(tf.mul(x, w), tf.zerosLike(x), { weights })
    const scaling = scaled ? { lossScaling: new LossScaling({ initialScale: 1024 }) } : {}
    const step = jit(trainingStep({ parameters, optimizer: new SGD(parameters), loss, ...scaling }))
    const numbers = { learningRate: tf.scalar(0.1), step: tf.scalar(1, 'int32') }
    const { sum, count, gradientNorm } = step({ x: tf.tensor1d(x), weights: tf.tensor1d(weights) }, numbers)
    const [value = NaN, terms = NaN, norm = NaN] = [sum, count, gradientNorm].map((scalar) => scalar.dataSync()[0])
    return { w: w.dataSync()[0] as number, loss: meanOf(value, terms), norm }
  }

  it.each([false, true])('takes the mean by the sum of the weights, also below 1; scaled: %s', (scaled) => {
    const x = [...example([3]).dataSync()]
    for (const weights of [[0.125, 0.25, 0], [0.125, 0.0625, 0.03125], [2, 1, 0.5]]) {
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      const mean = weights.reduce((sum, weight, i) => sum + (weight * (x[i] as number) ** 2) / total, 0)
      const got = update(x, weights, scaled)
      // float32 against float64.
      expect(got.loss / (9 * mean)).toBeCloseTo(1, 5)
      expect(got.norm / (6 * mean)).toBeCloseTo(1, 5)
      expect(got.w).toBeCloseTo(3 - 0.1 * 6 * mean, 5)
    }
    // So a common factor of the weights changes nothing.
    expect(update(x, [0.5, 0.25, 0.125], scaled).w).toBeCloseTo(update(x, [0.05, 0.025, 0.0125], scaled).w, 5)
  })

  it.each([false, true])('does nothing where nothing counts; scaled: %s', (scaled) => {
    expect(update([1, 2], [0, 0], scaled)).toEqual({ w: 3, loss: 0, norm: 0 })
  })
})
