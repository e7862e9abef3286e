import { jit, Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkGradients } from '../../gradient-check.js'
import { difference, example, useTestDevice } from '../../testing.js'
import { rnntLoss } from './rnnt-loss.js'
import type { RnntTargets } from './targets.js'
import { tdtLoss } from './tdt-loss.js'

beforeAll(useTestDevice)

const targetsOf = (labels: number[][], frames: number[], lengths: number[]): RnntTargets => ({
  labels: tf.tensor2d(labels, undefined, 'int32'),
  frameLengths: tf.tensor1d(frames, 'int32'),
  labelLengths: tf.tensor1d(lengths, 'int32'),
})
const first = (tensor: tf.Tensor): number => tensor.dataSync()[0] as number

/** The probability of all paths, followed one after the other. */
function byEnumeration(
  [frames, labels]: readonly [number, readonly number[]],
  durations: readonly number[],
  token: (t: number, u: number, id: number) => number,
  duration: (t: number, u: number, k: number) => number,
): number {
  const from = (t: number, u: number): number => {
    if (t === frames) return 0
    let sum = 0
    for (const [k, d] of durations.entries()) {
      const share = duration(t, u, k)
      const end = t + d === frames && u === labels.length
      if (d > 0 && t + d <= frames) sum += token(t, u, 0) * share * (end ? 1 : from(t + d, u))
      if (u < labels.length && t + d < frames) sum += token(t, u, labels[u] as number) * share * from(t + d, u + 1)
    }
    return sum
  }
  return from(0, 0)
}

describe('tdtLoss', () => {
  it('is the sum over all paths', () => {
    const random = new Random(3)
    const [T, W, V] = [6, 4, 3]
    for (const durations of [[0, 1, 2, 3, 4], [1, 2], [3, 0, 1]]) {
      const K = durations.length
      const [tokens, lengths] = [random.normal(T * W * V), random.normal(T * W * K)]
      const share = (values: Float32Array, size: number) => (t: number, u: number, id: number): number => {
        const row = values.slice((t * W + u) * size, (t * W + u + 1) * size)
        return Math.exp(row[id] as number) / row.reduce((sum, x) => sum + Math.exp(x), 0)
      }
      for (const [frames, labels] of [[6, [1, 2, 1]], [4, [2, 2]], [3, []], [2, [1]]] as const) {
        const probability = byEnumeration([frames, labels], durations, share(tokens, V), share(lengths, K))
        const padded = [...labels, 1, 1, 1].slice(0, 3)
        const targets = targetsOf([padded], [frames], [labels.length])
        const { sum, count } = tdtLoss(tf.tensor(tokens, [1, T, W, V]), tf.tensor(lengths, [1, T, W, K]), targets, { durations })
        expect(first(sum)).toBeCloseTo(-Math.log(probability), 4)
        expect(first(count)).toBe(1)
      }
    }
  })

  it('has gradients that agree with differences, eager and traced', async () => {
    const [logits, durationLogits] = [example([2, 4, 3, 4]), example([2, 4, 3, 3], 2)]
    const targets = targetsOf([[1, 0], [3, 0]], [4, 3], [2, 1])
    const options = { durations: [0, 1, 3], blank: 2, weights: tf.tensor1d([1, 0.5]) }
    const loss = (): tf.Scalar => tdtLoss(logits, durationLogits, targets, options).sum
    expect(await checkGradients(loss, [logits, durationLogits])).toBeLessThan(1e-3)
    const run = (): tf.Tensor[] => {
      const { value, grads } = tf.variableGrads(loss)
      return [value, grads[logits.name] as tf.Tensor, grads[durationLogits.name] as tf.Tensor]
    }
    const wanted = run()
    for (const [i, tensor] of jit(run)().entries()) expect(difference(tensor, [...(wanted[i] as tf.Tensor).dataSync()])).toBeLessThan(1e-5)
  })

  it('is the plain transducer where each frame has its blank and there are no labels', () => {
    const logits = example([1, 5, 4, 3])
    const targets = targetsOf([[1, 1, 1]], [5], [0])
    const { sum } = tdtLoss(logits, tf.zeros([1, 5, 4, 1]), targets, { durations: [1] })
    expect(first(sum)).toBeCloseTo(first(rnntLoss(logits, targets).sum), 5)
  })

  it('leaves out examples without a path', () => {
    const [logits, durationLogits] = [example([2, 3, 3, 3]), example([2, 3, 3, 1], 1)]
    // Duration 2 alone never ends after 3 frames.
    const targets = targetsOf([[1, 1], [1, 1]], [3, 2], [1, 0])
    const loss = (): ReturnType<typeof tdtLoss> => tdtLoss(logits, durationLogits, targets, { durations: [2] })
    const { value, grads } = tf.variableGrads(() => loss().sum)
    expect(first(loss().count)).toBe(1)
    expect(first(value)).toBeLessThan(100)
    const gradient = grads[logits.name] as tf.Tensor
    expect([...tf.slice(gradient, 0, 1).dataSync()].every((x) => x === 0)).toBe(true)
    expect([...tf.slice(gradient, 1, 1).dataSync()].some((x) => Math.abs(x) > 0.1)).toBe(true)
  })

  it('says what does not fit', () => {
    const [logits, targets] = [tf.zeros([1, 3, 2, 4]), targetsOf([[1]], [3], [1])]
    expect(() => tdtLoss(logits, tf.zeros([1, 3, 2, 4]), targets)).toThrow('must have shape [1, 3, 2, 5], got [1, 3, 2, 4]')
    for (const durations of [[], [0], [1, 1], [-1, 1], [0.5]]) {
      expect(() => tdtLoss(logits, tf.zeros([1, 3, 2, 1]), targets, { durations })).toThrow('must be different whole numbers')
    }
  })
})
