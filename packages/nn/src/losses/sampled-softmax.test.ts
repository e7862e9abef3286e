import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/class-table-losses.json' with { type: 'json' }
import { difference, example, useTestDevice } from '../testing.js'
import { type Candidates, logUniformCandidates } from './candidates.js'
import { expectLoss } from '../testing/check-loss.js'
import { crossEntropy } from './cross-entropy.js'
import { negativeSampling, noiseContrastive, sampledSoftmax } from './sampled-softmax.js'

beforeAll(useTestDevice)

const int = (values: number[]): tf.Tensor => tf.tensor1d(values, 'int32')

describe('losses over candidates', () => {
  it.each([
    ['sampledSoftmax', sampledSoftmax],
    ['noiseContrastive', noiseContrastive],
    ['negativeSampling', negativeSampling],
  ] as const)('%s agrees with PyTorch, with hits and an ignored label', async (name, compute) => {
    const [hidden, weight, bias] = [example([4, 3]), example([9, 3], 1), example([9], 2)]
    const candidates = (): Candidates => ({
      ids: int([0, 1, 5, 7]),
      logCounts: tf.tensor1d([-0.1, -0.5, -1.2, -2]),
      labelLogCounts: tf.tensor1d([-0.8, -0.1, 0, -1.2]),
    })
    const loss = () => compute(hidden, weight, int([2, 0, -100, 5]), candidates(), { bias })
    await expectLoss(loss, [hidden, weight, bias], fixture.cases[name])
  })

  it('is the full softmax when every class is a candidate', () => {
    const [hidden, weight] = [example([4, 3]), example([9, 3], 1)]
    const labels = int([2, 0, 8, 5])
    const candidates = { ids: int([0, 1, 2, 3, 4, 5, 6, 7, 8]), logCounts: tf.zeros([9]), labelLogCounts: tf.zeros([4]) }
    const full = crossEntropy(tf.matMul(hidden, weight, false, true), labels).sum
    expect(difference(sampledSoftmax(hidden, weight, labels, candidates).sum, [...full.dataSync()])).toBeLessThan(1e-5)
  })

  it('has its optimum where the scores are the log probabilities of the labels, thanks to the correction', () => {
    // Labels of one context, 20 of them: with these scores the gradient by the scores, averaged over draws, is zero.
    const counts = Array.from({ length: 20 }, (_, id) => 1 + ((id * 7) % 5))
    const labels = counts.flatMap((count, id) => new Array<number>(count).fill(id))
    const bias = tf.variable(tf.tensor1d(counts.map((count) => Math.log(count / labels.length))))
    const [hidden, weight] = [tf.zeros([labels.length, 1]), tf.zeros([20, 1])]
    const gradientNorm = (corrected: boolean): number => {
      const mean = new Array<number>(20).fill(0)
      for (let i = 0; i < 300; i++) {
        const drawn = logUniformCandidates({ classes: 20, count: 6, labels, random: new Random(1, 'draw', i) })
        const none = { logCounts: tf.zeros([6]), labelLogCounts: tf.zeros([labels.length]) }
        const candidates = corrected ? drawn : { ...drawn, ...none }
        const { grads } = tf.variableGrads(() => sampledSoftmax(hidden, weight, int(labels), candidates, { bias }).sum, [bias])
        for (const [id, value] of (grads[bias.name] as tf.Tensor).dataSync().entries()) mean[id]! += value / labels.length / 300
      }
      return Math.sqrt(mean.reduce((sum, value) => sum + value * value, 0))
    }
    // What is left is the spread of 300 draws.
    expect(gradientNorm(true)).toBeLessThan(0.3 * gradientNorm(false))
  })

  it('rejects labels, counts and tables that do not fit', () => {
    const [hidden, weight] = [tf.zeros([2, 3]), tf.zeros([9, 3])]
    const candidates = { ids: int([1]), logCounts: tf.zeros([1]), labelLogCounts: tf.zeros([2]) }
    expect(() => sampledSoftmax(hidden, weight, int([1]), candidates)).toThrow('got 1 labels and 2 counts for 2 rows')
    expect(() => sampledSoftmax(hidden, weight, tf.zeros([2]), candidates)).toThrow('must be int32, got float32')
    expect(() => noiseContrastive(hidden, tf.zeros([9, 4]), int([1, 2]), candidates)).toThrow('width 4, got 3')
    expect(() => negativeSampling(hidden, weight, int([1, 2]), candidates, { bias: tf.zeros([3]) })).toThrow('shape [9], got [3]')
  })
})

describe('logUniformCandidates', () => {
  const draw = (options: { count?: number; step?: number; unique?: boolean; classes?: number } = {}) => {
    const { count = 20, step = 0, unique = true, classes = 100 } = options
    return logUniformCandidates({ classes, count, labels: [0, 7, -100], unique, random: new Random(3, 'candidates', step) })
  }

  it('draws different classes within range, the same again from the same stream', () => {
    const ids = [...draw().ids.dataSync()]
    expect(new Set(ids).size).toBe(20)
    expect(ids.every((id) => id >= 0 && id < 100)).toBe(true)
    expect([...draw().ids.dataSync()]).toEqual(ids)
    expect([...draw({ step: 1 }).ids.dataSync()]).not.toEqual(ids)
    expect([...draw({ count: 100 }).ids.dataSync()].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })

  it.each([true, false])('counts classes as often as it draws them: unique %s', (unique) => {
    const draws = 2000
    const seen = new Float64Array(100)
    const expected = new Float64Array(100)
    for (let step = 0; step < draws; step++) {
      const labels = Array.from({ length: 100 }, (_, id) => id)
      const { ids, labelLogCounts } = logUniformCandidates({
        classes: 100, count: 20, labels, unique, random: new Random(5, 'candidates', step),
      })
      for (const id of ids.dataSync()) seen[id]! += 1
      labelLogCounts.dataSync().forEach((log, id) => (expected[id]! += Math.exp(log)))
    }
    for (const id of [0, 1, 5, 20, 50, 99]) {
      // Five standard deviations of a count; the expectation of a unique draw, given its tries, is itself approximate.
      expect(Math.abs(seen[id]! - expected[id]!)).toBeLessThan(5 * Math.sqrt(expected[id]!) + 0.03 * expected[id]!)
    }
  })

  it('has the formula of its counts', () => {
    const { ids, logCounts, labelLogCounts } = draw({ unique: false })
    const count = (id: number): number => Math.log((20 * Math.log((id + 2) / (id + 1))) / Math.log(101))
    expect(difference(logCounts, [...ids.dataSync()].map(count))).toBeLessThan(1e-6)
    expect(difference(labelLogCounts, [count(0), count(7), 0])).toBeLessThan(1e-6)
  })

  it('rejects more different candidates than classes', () => {
    expect(() => draw({ count: 101 })).toThrow('no 101 different candidates among 100 classes')
    expect(() => draw({ count: 0 })).toThrow('a whole number of 1 or more, got 0')
  })
})
