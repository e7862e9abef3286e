import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/adaptive-softmax.json' with { type: 'json' }
import { loadParameters, namedParameters } from '../module.js'
import { difference, example, useTestDevice } from '../testing.js'
import { AdaptiveSoftmax, type AdaptiveSoftmaxOptions } from './adaptive-softmax.js'
import { expectLoss } from '../testing/check-loss.js'

beforeAll(useTestDevice)

const int = (values: number[]): tf.Tensor => tf.tensor1d(values, 'int32')
const options = { inputs: 8, classes: 20, cutoffs: [6, 12], divisor: 2, headBias: true, random: new Random(1) }

function model(changed: Partial<AdaptiveSoftmaxOptions> = {}): AdaptiveSoftmax {
  const made = new AdaptiveSoftmax({ ...options, ...changed })
  const values = Object.entries(fixture.parameters).map(
    ([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }] as const,
  )
  loadParameters(made, new Map(values))
  return made
}

const hidden = (): tf.Variable => tf.variable(tf.tensor(fixture.hidden.data, fixture.hidden.shape))

describe('AdaptiveSoftmax', () => {
  it('agrees with PyTorch: loss and gradients', async () => {
    const softmax = model()
    const h = hidden()
    const parameters = namedParameters(softmax)
    const { gradients } = fixture
    await expectLoss(() => softmax.forward(h, int(fixture.labels)), [h, ...parameters.values()], {
      sum: fixture.sum,
      count: 7,
      gradients: [gradients.hidden, ...[...parameters.keys()].map((name) => gradients[name as keyof typeof gradients])],
    })
  })

  it('agrees with PyTorch: log probabilities and predictions', () => {
    const softmax = model()
    expect(difference(softmax.logProbabilities(hidden()), fixture.logProbabilities.data)).toBeLessThan(1e-5)
    expect([...softmax.predict(hidden()).dataSync()]).toEqual(fixture.predictions)
  })

  it('is exact where the row shares hold all labels of each cluster', async () => {
    // 2 labels of 7 are in each cluster: 0.4 · 7 makes room for 3.
    const softmax = model({ rowShares: [0.4, 0.4] })
    const h = hidden()
    const wanted = { sum: fixture.sum, count: 7, gradients: [fixture.gradients.hidden] }
    await expectLoss(() => softmax.forward(h, int(fixture.labels)), [h], wanted)
  })

  it('lets the first labels of a cluster stand for those beyond its share', () => {
    const h = hidden()
    const part = (softmax: AdaptiveSoftmax, labels: number[]): number => softmax.forward(h, int(labels)).sum.dataSync()[0] as number
    const labels = [7, 8, 9, 10, 0, 1, 2]
    const ignored = (first: number, last: number): number[] => labels.map((label, i) => (i >= first && i < last ? label : -100))
    // Of −log p = head + tail, the head's share of each label is exact: it is what any share gives, less the tail's.
    const tailOf = (first: number, last: number): number => {
      const head = tf.logSoftmax(model().head.forward(h)).arraySync() as number[][]
      const ofHead = labels.slice(first, last).reduce((sum, _, i) => sum - (head[first + i]?.[6] as number), 0)
      return part(model(), ignored(first, last)) - ofHead
    }
    const wanted = part(model(), labels) - tailOf(0, 4) + (4 / 2) * tailOf(0, 2)
    expect(part(model({ rowShares: [2 / 7, 1] }), labels)).toBeCloseTo(wanted, 4)
  })

  it('leaves ignored labels out', () => {
    const softmax = model()
    const h = hidden()
    const without = softmax.forward(tf.slice(h, [0, 0], [5, 8]), int(fixture.labels.slice(0, 5)))
    const ignoring = softmax.forward(h, int([...fixture.labels.slice(0, 5), -100, -100]))
    expect(difference(ignoring.sum, [...without.sum.dataSync()])).toBeLessThan(1e-5)
    expect(ignoring.count.dataSync()[0]).toBe(5)
  })

  it.each([20, -1])('reports the label %i of 20 classes', (label) => {
    expect(() => model().forward(example([1, 8]), int([label])).sum.dataSync()).toThrow(/invalid ind/)
  })

  it('rejects clusters, shares and shapes that do not fit', () => {
    const make = (changed: Partial<AdaptiveSoftmaxOptions>) => () => new AdaptiveSoftmax({ ...options, ...changed })
    expect(make({ cutoffs: [] })).toThrow('rise between 0 and its 20 classes, got []')
    expect(make({ cutoffs: [6, 6] })).toThrow('got [6, 6]')
    expect(make({ cutoffs: [6, 20] })).toThrow('got [6, 20]')
    expect(make({ divisor: 0.5 })).toThrow('must be 1 or more, got 0.5')
    expect(make({ rowShares: [1] })).toThrow('for each of its 2 clusters, got [1]')
    expect(make({ rowShares: [1, 0] })).toThrow('got [1, 0]')
    expect(() => model().forward(tf.zeros([2, 7]), int([1, 2]))).toThrow('width 8, got 7')
    expect(() => model().forward(tf.zeros([2, 8]), int([1]))).toThrow('got 1 for 2 rows')
    expect(() => model().forward(tf.zeros([2, 8]), tf.zeros([2]))).toThrow('must be int32, got float32')
    expect(() => model().forward(tf.zeros([2, 8]), int([1, 2]), 3)).toThrow('must be negative, got 3')
  })
})
