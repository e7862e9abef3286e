import { tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/cross-entropy.json' with { type: 'json' }
import { checkGradients } from '../gradient-check.js'
import { difference, example, useTestDevice } from '../testing.js'
import { crossEntropy } from './cross-entropy.js'
import { meanLoss } from './summed.js'

beforeAll(useTestDevice)

const int = (values: number[]): tf.Tensor => tf.tensor1d(values, 'int32')

describe('crossEntropy', () => {
  it.each(fixture.cases)('agrees with PyTorch: label smoothing $labelSmoothing', ({ labelSmoothing, sum, gradient }) => {
    const logits = tf.variable(tf.tensor(fixture.logits.data, fixture.logits.shape))
    const targets = int(fixture.targets.data)
    const loss = crossEntropy(logits, targets, { labelSmoothing })
    expect(difference(loss.sum, [sum])).toBeLessThan(1e-5)
    expect(loss.count.dataSync()[0]).toBe(4)
    expect(difference(meanLoss(loss), [sum / 4])).toBeLessThan(1e-5)
    const { grads } = tf.variableGrads(() => crossEntropy(logits, targets, { labelSmoothing }).sum)
    expect(difference(grads[logits.name] as tf.Tensor, gradient.data)).toBeLessThan(1e-5)
    logits.dispose()
  })

  it('has gradients that agree with differences, through a mean', async () => {
    const logits = example([4, 5])
    for (const options of [{}, { labelSmoothing: 0.2, ignoreIndex: 3 }]) {
      const loss = (): tf.Tensor => meanLoss(crossEntropy(logits, int([0, 4, 3, 1]), options))
      expect(await checkGradients(loss, [logits])).toBeLessThan(1e-3)
    }
  })

  it('stays finite for logits far beyond the range of exp', () => {
    const logits = tf.tensor2d([[1000, 0], [0, 1000]])
    expect(crossEntropy(logits, int([1, 1])).sum.dataSync()[0]).toBe(1000)
  })

  it('is 0 with a zero gradient when every target is ignored', () => {
    const logits = example([2, 3])
    const run = (): tf.Scalar => meanLoss(crossEntropy(logits, int([-100, -100])))
    expect(run().dataSync()[0]).toBe(0)
    const { grads } = tf.variableGrads(run)
    expect([...(grads[logits.name] as tf.Tensor).dataSync()].every((value) => value === 0)).toBe(true)
  })

  it.each([3, -1])('does not take target %i of 3 classes for another place', (target) => {
    expect(() => crossEntropy(tf.zeros([2, 3]), int([target, 0])).sum.dataSync()).toThrow(/invalid ind/)
  })

  it('rejects targets and options that do not fit', () => {
    const logits = tf.zeros([2, 3])
    expect(() => crossEntropy(logits, int([1]))).toThrow('got 2 rows and 1 targets')
    expect(() => crossEntropy(logits, tf.tensor1d([1, 2]))).toThrow('must be int32, got float32')
    expect(() => crossEntropy(logits, int([1, 2]), { labelSmoothing: 1 })).toThrow('must lie in [0, 1), got 1')
    expect(() => crossEntropy(tf.zeros([1, 2, 3]), int([1, 2]))).toThrow('(M, V) must have 2 axes, got shape [1, 2, 3]')
  })
})
