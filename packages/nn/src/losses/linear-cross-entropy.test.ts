import { jit, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/class-table-losses.json' with { type: 'json' }
import { difference, example, useTestDevice } from '../testing.js'
import { expectLoss } from '../testing/check-loss.js'
import { crossEntropy } from './cross-entropy.js'
import { linearCrossEntropy } from './linear-cross-entropy.js'

beforeAll(useTestDevice)

const int = (values: number[]): tf.Tensor => tf.tensor1d(values, 'int32')
const labels = [0, 4, -100, 1, 2, 2, 3]

describe('linearCrossEntropy', () => {
  it.each([1, 3, 7, 100])('agrees with PyTorch in chunks of %i rows', async (chunkRows) => {
    const [hidden, weight] = [example([7, 4]), example([5, 4], 1)]
    const loss = () => linearCrossEntropy(hidden, weight, int(labels), { chunkRows })
    await expectLoss(loss, [hidden, weight], fixture.cases.linearCrossEntropy)
  })

  it('agrees with PyTorch with bias, weights and label smoothing', async () => {
    const [hidden, weight, bias] = [example([7, 4]), example([5, 4], 1), example([5], 2)]
    const weights = [1, 0.5, 1, 2, 0, 1, 1]
    const loss = () =>
      linearCrossEntropy(hidden, weight, int(labels), { bias, chunkRows: 3, labelSmoothing: 0.1, weights: tf.tensor1d(weights) })
    await expectLoss(loss, [hidden, weight, bias], fixture.cases['linearCrossEntropy with bias'])
  })

  it('gives the gradients of a mean, and those that go on into what computed its inputs', () => {
    const [x, weight] = [example([7, 4]), example([5, 4], 1)]
    const loss = (chunked: boolean) => () => {
      const hidden = tf.tanh(x)
      const targets = int(labels)
      const { sum, count } = chunked
        ? linearCrossEntropy(hidden, weight, targets, { chunkRows: 2 })
        : crossEntropy(tf.matMul(hidden, weight, false, true), targets)
      return tf.div(sum, count) as tf.Scalar
    }
    const wanted = tf.variableGrads(loss(false))
    const got = tf.variableGrads(loss(true))
    for (const { name } of [x, weight]) {
      expect(difference(got.grads[name] as tf.Tensor, [...(wanted.grads[name] as tf.Tensor).dataSync()])).toBeLessThan(1e-6)
    }
  })

  it('computes the loss alone where no gradient is asked for', () => {
    const [hidden, weight] = [example([7, 4]), example([5, 4], 1)]
    const traced = jit(() => linearCrossEntropy(hidden, weight, int(labels), { chunkRows: 2 }).sum)
    expect(difference(traced(), [fixture.cases.linearCrossEntropy.sum])).toBeLessThan(1e-5)
    traced.dispose()
  })

  it('reports a target out of range and inputs that do not fit', () => {
    const [hidden, weight] = [tf.zeros([2, 4]), tf.zeros([5, 4])]
    expect(() => linearCrossEntropy(hidden, weight, int([0, 5]), { chunkRows: 1 }).sum.dataSync()).toThrow(/invalid ind/)
    expect(() => linearCrossEntropy(hidden, tf.zeros([5, 3]), int([0, 1]))).toThrow('built for inputs of width 3, got 4')
    expect(() => linearCrossEntropy(hidden, weight, int([0]))).toThrow('got 2 rows and 1 targets')
    expect(() => linearCrossEntropy(hidden, weight, int([0, 1]), { bias: tf.zeros([4]) })).toThrow('must have shape [5], got [4]')
    expect(() => linearCrossEntropy(hidden, weight, int([0, 1]), { chunkRows: 0 })).toThrow('a whole number of 1 or more, got 0')
  })
})
