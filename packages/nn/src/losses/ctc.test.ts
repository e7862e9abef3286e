import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/ctc.json' with { type: 'json' }
import { checkGradients } from '../gradient-check.js'
import { difference, example, useTestDevice } from '../testing.js'
import { ctcLoss } from './ctc.js'

beforeAll(useTestDevice)

const int = (values: number[]): tf.Tensor => tf.tensor1d(values, 'int32')

/** −log of the summed probability of every path that collapses to `labels`: the definition, by enumeration. */
function byEnumeration(logits: number[][], labels: number[], blank: number): number {
  const size = logits[0]?.length as number
  const probabilities = logits.map((row) => {
    const total = row.reduce((sum, value) => sum + Math.exp(value), 0)
    return row.map((value) => Math.exp(value) / total)
  })
  let sum = 0
  for (let code = 0; code < size ** logits.length; code++) {
    const path = logits.map((_, t) => Math.floor(code / size ** t) % size)
    const collapsed = path.filter((id, t) => id !== blank && id !== path[t - 1])
    if (collapsed.join() !== labels.join()) continue
    sum += path.reduce((product, id, t) => product * (probabilities[t]?.[id] as number), 1)
  }
  return -Math.log(sum)
}

describe('ctcLoss', () => {
  it('agrees with PyTorch: losses and gradient', () => {
    const logits = tf.variable(tf.tensor(fixture.logits.data, fixture.logits.shape))
    const labels = tf.tensor(fixture.labels.data, fixture.labels.shape, 'int32')
    const loss = (): tf.Tensor => ctcLoss(logits, labels, int(fixture.inputLengths), int(fixture.labelLengths))
    expect(difference(loss(), fixture.losses.data)).toBeLessThan(1e-5)
    const { grads } = tf.variableGrads(() => tf.sum(tf.mul(loss(), tf.tensor1d(fixture.w))) as tf.Scalar)
    expect(difference(grads[logits.name] as tf.Tensor, fixture.gradient.data)).toBeLessThan(1e-5)
    logits.dispose()
  })

  it('is the sum over all paths, for any blank', () => {
    const random = new Random(3)
    for (const [labels, blank] of [
      [[1, 1], 0],
      [[0, 2], 1],
      [[0, 1, 0], 2],
      [[], 2],
    ] as const) {
      const logits = Array.from({ length: 5 }, () => [...random.normal(3)])
      const padded = [...labels, 0, 0, 0].slice(0, 3)
      const loss = ctcLoss(tf.tensor3d([logits]), tf.tensor2d([padded], [1, 3], 'int32'), int([5]), int([labels.length]), blank)
      expect(loss.dataSync()[0]).toBeCloseTo(byEnumeration(logits, [...labels], blank), 5)
    }
  })

  it('has a gradient that agrees with differences', async () => {
    const logits = example([2, 4, 3])
    const labels = tf.tensor2d([[1, 1], [2, 0]], [2, 2], 'int32')
    expect(await checkGradients(() => ctcLoss(logits, labels, int([4, 3]), int([2, 1])), [logits])).toBeLessThan(1e-3)
  })

  it('does not change with the padding or the batch', () => {
    const logits = example([1, 4, 3])
    const alone = ctcLoss(logits, tf.tensor2d([[1]], [1, 1], 'int32'), int([4]), int([1])).dataSync()[0]
    const longer = tf.concat([logits, tf.mul(example([1, 3, 3], 1), 50)], 1)
    const labels = tf.tensor2d([[1, 2, 2], [1, 2, 1]], [2, 3], 'int32')
    const batch = ctcLoss(tf.concat([longer, longer], 0), labels, int([4, 7]), int([1, 3])).dataSync()
    expect(batch[0]).toBe(alone)
  })

  it('is 1e9 without gradient where no alignment exists, and leaves batch mates alone', () => {
    const logits = example([3, 3, 3])
    const labels = tf.tensor2d([[1, 1], [1, 2], [1, 2]], [3, 2], 'int32')
    const loss = (): tf.Tensor => ctcLoss(logits, labels, int([2, 2, 1]), int([2, 2, 2]))
    const losses = loss().dataSync()
    expect(losses[0]).toBe(1e9)
    expect(losses[1]).toBeLessThan(100)
    expect(losses[2]).toBe(1e9)
    const { grads } = tf.variableGrads(() => tf.sum(loss()) as tf.Scalar)
    const gradient = (grads[logits.name] as tf.Tensor).dataSync()
    expect([...gradient.slice(0, 9), ...gradient.slice(18)].every((value) => value === 0)).toBe(true)
    expect(gradient.slice(9, 15).some((value) => Math.abs(value) > 0.01)).toBe(true)
  })

  it('stays finite and right where probabilities are far below the smallest float', () => {
    const logits = tf.tensor3d([Array.from({ length: 50 }, () => [200, 0, 0])])
    const loss = ctcLoss(logits, tf.tensor2d([[1, 2]], [1, 2], 'int32'), int([50]), int([2])).dataSync()[0]
    // The best paths take two labels at −200 each; there are C(50, 2) places for them.
    expect(loss).toBeCloseTo(400 - Math.log((50 * 49) / 2), 3)
  })

  it('rejects shapes, types and blanks that do not fit', () => {
    const logits = tf.zeros([2, 4, 3])
    const labels = tf.zeros([2, 2], 'int32')
    expect(() => ctcLoss(logits, labels, int([4]), int([1, 1]))).toThrow('got 2 examples, 2 label rows, 1 input lengths')
    expect(() => ctcLoss(logits, tf.zeros([2, 2]), int([4, 4]), int([1, 1]))).toThrow('must be int32, got float32')
    expect(() => ctcLoss(logits, labels, int([4, 4]), int([1, 1]), 3)).toThrow('must lie in 0 … 2, got 3')
    expect(() => ctcLoss(logits, tf.zeros([2, 0], 'int32'), int([4, 4]), int([0, 0]))).toThrow('one column at least')
    expect(() => ctcLoss(tf.zeros([4, 3]), labels, int([4, 4]), int([1, 1]))).toThrow('(N, T, V) must have 3 axes')
  })
})
