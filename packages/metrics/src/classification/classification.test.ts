import { describe, expect, it } from 'vitest'
import { classify, fitLogisticRegression } from './logistic-regression.js'
import { nodeClassification } from './node-classification.js'

const WIDTH = 5
const features = Array.from({ length: 40 }, (_, i) => Array.from({ length: WIDTH }, (_, j) => Math.sin(1.7 * (i * WIDTH + j) + 0.3 * (i * WIDTH + j) ** 2)))
const labels = features.map((row, i) => (i % 4 === 0 ? Number(row[0]! > 0) : (7 * i) % 3))

describe('fitLogisticRegression', () => {
  it('finds the minimum that PyTorch finds', () => {
    // PyTorch 1.13, float64: LBFGS with strong_wolfe on cross_entropy(x @ W.T + b, y, reduction='sum') + 0.25 * (W ** 2).sum().
    const wanted = [
      -0.7150234784266035, 0.4439274822576398, -0.28138434248848276, 0.4935653935960465, -0.20988268540308258, 0.22731898769106132,
      0.43110132590750616, 0.24746324845546008, 0.5578011934845646, 0.10740022977856883, -0.5735084745491555, 0.1261570653818319,
      0.28392215251909686, -0.6913907307131005, -0.27641685099608204, -0.6009656233746151, 0.7833911599522384, -0.3534760530728951,
    ]
    const model = fitLogisticRegression(features, labels, 3, { penalty: 0.5, tolerance: 1e-9 })
    // The biases can all be moved alike.
    const bias = (values: ArrayLike<number>) => [5, 11, 17].reduce((sum, i) => sum + values[i]!, 0) / 3
    for (const [i, value] of wanted.entries()) {
      const shift = i % 6 === 5 ? bias(wanted) - bias(model.weights) : 0
      expect(Math.abs(model.weights[i]! + shift - value)).toBeLessThan(1e-5)
    }
    const scores = (row: readonly number[]) => [0, 1, 2].map((c) => row.reduce((sum, x, d) => sum + x * wanted[6 * c + d]!, wanted[6 * c + 5]!))
    expect([...classify(model, features)]).toEqual(features.map((row) => scores(row).indexOf(Math.max(...scores(row)))))
  })

  it('refuses rows without labels', () => {
    expect(() => fitLogisticRegression(features, [1], 2)).toThrow('a classifier needs a label for each row of features, got 1 for 40')
  })
})

describe('nodeClassification', () => {
  const names = labels.map((label) => 'abc'[label]!)

  it('is right where vectors tell classes apart, and at chance where they do not', () => {
    const telling = names.map((name, i) => [name === 'a' ? 3 : 0, name === 'b' ? 3 : 0, features[i]![0]! / 10])
    const right = nodeClassification(telling, names, { repeats: 5 })
    expect(right).toMatchObject({ accuracy: { mean: 1, deviation: 0 }, macroF1: { mean: 1 }, nodes: 40, classes: ['a', 'b', 'c'], trainingNodes: 20 })
    // Equal vectors: the most frequent class of those learnt from, whose F1 is 2a / (1 + a) and that of the others 0.
    const blind = nodeClassification(names.map(() => [1]), names, { repeats: 1 })
    const accuracy = blind.accuracy.mean
    expect(accuracy).toBeGreaterThan(0.2)
    expect(accuracy).toBeLessThan(0.8)
    expect(blind.accuracy.deviation).toBe(0)
    expect(3 * blind.macroF1.mean).toBeCloseTo((2 * accuracy) / (1 + accuracy), 12)
  })

  it('states mean and deviation over splits, the same for a seed', () => {
    const found = nodeClassification(features, names, { repeats: 4, seed: 3 })
    expect(nodeClassification(features, names, { repeats: 4, seed: 3 })).toEqual(found)
    expect(nodeClassification(features, names, { repeats: 4, seed: 4 })).not.toEqual(found)
    expect(found.accuracy.deviation).toBeGreaterThan(0)
  })

  it('refuses what it is not defined for', () => {
    expect(() => nodeClassification([[1]], ['a', 'b'])).toThrow('a label for each vector, got 2 for 1')
    expect(() => nodeClassification([[1], [2]], ['a', 'a'])).toThrow('needs two classes at least, got 1')
    expect(() => nodeClassification([[1], [2]], ['a', 'b'], { share: 1 })).toThrow('must leave nodes on either side, got 1 of 2')
    expect(() => nodeClassification([[1], [2]], ['a', 'b'], { repeats: 0 })).toThrow('repeats must be a whole number from 1 on, got 0')
  })
})
