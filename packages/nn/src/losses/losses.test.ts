import { tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { difference, example, useTestDevice } from '../testing.js'
import { binaryCrossEntropy } from './binary-cross-entropy.js'
import { contrastive, cosineEmbedding } from './contrastive.js'
import { crossEntropy } from './cross-entropy.js'
import { distillation, jensenShannonDivergence, klDivergence } from './divergence.js'
import { binaryFocal, focal } from './focal.js'
import { hinge, multiClassHinge } from './hinge.js'
import { infoNCE } from './info-nce.js'
import { marginRanking } from './margin-ranking.js'
import { absoluteError, huber, squaredError } from './regression.js'
import { meanLoss, type SummedLoss } from './summed.js'
import { triplet, tripletHard, tripletSemiHard } from './triplet.js'

beforeAll(useTestDevice)

const int = (values: number[]): tf.Tensor => tf.tensor1d(values, 'int32')
const value = (loss: SummedLoss): number => loss.sum.dataSync()[0] as number
const gradient = (loss: () => SummedLoss, variable: tf.Variable): number[] => {
  const { grads } = tf.variableGrads(() => loss().sum, [variable])
  // Plus 0, as −0 equals 0 too.
  return [...(grads[variable.name] as tf.Tensor).dataSync()].map((entry) => entry + 0)
}

describe('extremes', () => {
  it('keeps logits far beyond the range of exp finite, with their gradients', () => {
    const x = tf.variable(tf.tensor1d([1000, -1000, 1000, -1000]))
    const targets = int([1, 1, 0, 0])
    expect(value(binaryCrossEntropy(x, targets))).toBe(2000)
    expect(gradient(() => binaryCrossEntropy(x, targets), x)).toEqual([0, -1, 1, 0])
    expect(value(binaryFocal(x, targets))).toBe(2000)
    expect(gradient(() => binaryFocal(x, targets), x)).toEqual([0, -1, 1, 0])
    const rows = tf.variable(tf.tensor2d([[1000, 0], [0, 1000]]))
    expect(value(focal(rows, int([1, 1]), { focus: 0.5 }))).toBe(1000)
    expect(gradient(() => focal(rows, int([1, 1]), { focus: 0.5 }), rows)).toEqual([1, -1, 0, 0])
  })

  it('has no gradient where two things are equal, and none that is not a number', () => {
    const x = example([3, 4])
    const same = tf.tensor(x.dataSync(), [3, 4])
    const zeros = new Array<number>(12).fill(0)
    for (const loss of [squaredError, absoluteError, huber]) expect(gradient(() => loss(x, same), x)).toEqual(zeros)
    const largest = (loss: () => SummedLoss): number => Math.max(...gradient(loss, x).map(Math.abs))
    expect(largest(() => jensenShannonDivergence(x, same))).toBeLessThan(1e-6)
    expect(largest(() => distillation(x, same, { temperature: 2 }))).toBeLessThan(1e-6)
    expect(gradient(() => contrastive(x, same, int([1, 0, 0])), x)).toEqual(zeros)
    expect(gradient(() => triplet(x, same, same), x)).toEqual(zeros)
    const flat = tf.variable(tf.zeros([3, 4]))
    expect(gradient(() => cosineEmbedding(flat, same, int([1, 0, 0])), flat).every(Number.isFinite)).toBe(true)
  })

  it('takes 0 log 0 as 0', () => {
    const logits = tf.tensor2d([[0, 0]])
    expect(value(klDivergence(logits, tf.tensor2d([[1, 0]])))).toBeCloseTo(Math.LN2, 6)
  })

  it('bounds the Jensen–Shannon divergence by log 2', () => {
    expect(value(jensenShannonDivergence(tf.tensor2d([[50, 0]]), tf.tensor2d([[0, 50]])))).toBeCloseTo(Math.LN2, 6)
  })

  it('is cross-entropy where the focus is 0', () => {
    const logits = example([4, 3])
    const labels = int([0, 2, 1, 1])
    expect(difference(focal(logits, labels, { focus: 0 }).sum, [value(crossEntropy(logits, labels))])).toBeLessThan(1e-6)
  })

  it('mines nothing from a batch of one label, or of none twice', () => {
    const x = example([3, 2])
    for (const mined of [tripletHard, tripletSemiHard]) {
      for (const labels of [[1, 1, 1], [1, 2, 3]]) {
        const { sum, count } = mined(x, int(labels))
        expect([sum.dataSync()[0], count.dataSync()[0]]).toEqual([0, 0])
      }
    }
  })
})

describe('weights', () => {
  it('of 0 leave terms out, of any shape that broadcasts, and of bool', () => {
    const [a, b] = [tf.tensor2d([[1, 2], [3, 4]]), tf.zeros([2, 2])]
    const mean = (weights: tf.Tensor): number => meanLoss(squaredError(a, b, { weights })).dataSync()[0] as number
    expect(mean(tf.tensor2d([[1], [0]]))).toBe(2.5)
    expect(mean(tf.tensor1d([true, false], 'bool'))).toBe(5)
    expect(mean(tf.tensor2d([[0.25, 0], [0, 0.25]]))).toBe(8.5)
    expect(mean(tf.zeros([2, 2]))).toBe(0)
  })

  it('must fit the terms', () => {
    const x = tf.zeros([2, 3])
    const terms = 'must have the shape of its terms, [2, 3], or one that broadcasts to it; got [2].'
    expect(() => squaredError(x, x, { weights: tf.ones([2]) })).toThrow(terms)
    expect(() => crossEntropy(x, int([0, 1]), { weights: tf.ones([2, 1]) })).toThrow('of cross-entropy must have the shape of its terms, [2]')
  })
})

describe('arguments that do not fit', () => {
  const x = () => tf.zeros([2, 3])
  it.each<[name: string, message: string, call: () => SummedLoss]>([
    ['absolute error', 'The targets of absolute error must have the shape of the predictions, [2, 3], got [3, 2].', () => absoluteError(x(), tf.zeros([3, 2]))],
    ['squared error', 'The targets of squared error', () => squaredError(x(), tf.zeros([2]))],
    ['Huber', 'The delta of Huber loss must be a positive number, got 0.', () => huber(x(), x(), { delta: 0 })],
    ['binary', 'The targets of binary cross-entropy', () => binaryCrossEntropy(x(), tf.zeros([2]))],
    ['KL', 'The targets of KL divergence', () => klDivergence(x(), tf.zeros([2]))],
    ['distillation', 'must be a positive number, got -1', () => distillation(x(), x(), { temperature: -1 })],
    ['distillation of shapes', "The teacher's logits of distillation", () => distillation(x(), tf.zeros([2, 4]))],
    ['Jensen–Shannon', 'The second logits of Jensen–Shannon', () => jensenShannonDivergence(x(), tf.zeros([2, 4]))],
    ['hinge', 'The margin of hinge loss', () => hinge(x(), x(), { margin: NaN })],
    ['multi-class hinge', 'one for each row, got 1 for 2 rows', () => multiClassHinge(x(), int([1]))],
    ['multi-class hinge of one', 'it needs 2 at least, got 1', () => multiClassHinge(tf.zeros([2, 1]), int([0, 0]))],
    ['focal', 'The labels of focal loss must be int32, got float32', () => focal(x(), tf.zeros([2]))],
    ['focal of one class', 'needs 2 classes at least, got 1', () => focal(tf.zeros([2, 1]), int([0, 0]))],
    ['binary focal', 'must lie in [0, 1], got 2', () => binaryFocal(x(), x(), { positiveShare: 2 })],
    ['binary focal focus', 'must be a number of 0 or more, got -1', () => binaryFocal(x(), x(), { focus: -1 })],
    ['contrastive', 'got 3 for 2', () => contrastive(x(), x(), int([1, 0, 1]))],
    ['contrastive vectors', 'The second vectors of contrastive loss must have the shape of the first vectors, [2, 3], got [2, 2]', () => contrastive(x(), tf.zeros([2, 2]), int([1, 0]))],
    ['cosine', 'must lie in [−1, 1), got 1', () => cosineEmbedding(x(), x(), int([1, 0]), { margin: 1 })],
    ['triplet', 'The negatives of triplet loss', () => triplet(x(), x(), tf.zeros([1, 3]))],
    ['hard triplets', 'one for each embedding, got 1 for 2', () => tripletHard(x(), int([1]))],
    ['semi-hard triplets', 'The margin of semi-hard triplet loss', () => tripletSemiHard(x(), int([1, 2]), { margin: 0 })],
    ['InfoNCE', 'The keys of InfoNCE', () => infoNCE(x(), tf.zeros([3, 3]))],
    ['InfoNCE temperature', 'must be a positive number, got 0', () => infoNCE(x(), x(), { temperature: 0 })],
    ['InfoNCE mask', 'one entry a pair, got 3 for 2', () => infoNCE(x(), x(), { mask: int([1, 1, 1]) })],
    ['InfoNCE negatives', "the keys' width 3, got 2", () => infoNCE(x(), x(), { negatives: tf.zeros([4, 2]) })],
    ['InfoNCE both', 'leave one of the two options out', () => infoNCE(x(), x(), { negatives: x(), symmetric: true })],
    ['margin ranking', 'must be a number of 0 or more, got -1', () => marginRanking(x(), x(), { margin: -1 })],
  ])('%s', (_, message, call) => {
    expect(call).toThrow(message)
  })

  it.each([3, -1])('a label %i of 3 classes is reported when the loss is read', (label) => {
    expect(() => focal(x(), int([label, 0])).sum.dataSync()).toThrow(/invalid ind/)
    expect(() => multiClassHinge(x(), int([label, 0])).sum.dataSync()).toThrow(/invalid ind/)
  })
})
