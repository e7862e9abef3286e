import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/layers.json' with { type: 'json' }
import { checkGradients } from '../gradient-check.js'
import { namedParameters } from '../module.js'
import { difference, example, knownDifference, useTestDevice } from '../testing.js'
import { WeightNormConv1d, WeightNormLinear } from './weight-norm.js'

beforeAll(useTestDevice)

const random = new Random(1)
const linear = (): WeightNormLinear => new WeightNormLinear({ inputs: 3, outputs: 2, random })
const convolution = (): WeightNormConv1d => new WeightNormConv1d({ inputs: 3, outputs: 2, kernel: 3, random })

describe('weight normalisation', () => {
  it('agrees with PyTorch: output and gradients of length and direction', () => {
    const [dense, along] = [linear(), convolution()]
    expect(knownDifference(fixture.weightNormLinear, dense, (x) => dense.forward(x))).toBeLessThan(1e-5)
    expect(knownDifference(fixture.weightNormConv1d, along, (x) => along.forward(x))).toBeLessThan(1e-5)
  })

  it('has gradients that agree with differences', async () => {
    const [dense, along] = [linear(), convolution()]
    const [rows, steps] = [example([4, 3]), example([2, 4, 3])]
    expect(await checkGradients(() => dense.forward(rows), [rows, ...namedParameters(dense).values()])).toBeLessThan(1e-3)
    expect(await checkGradients(() => along.forward(steps), [steps, ...namedParameters(along).values()])).toBeLessThan(1e-3)
  })

  it('begins as the layer that it normalises', () => {
    const layer = convolution()
    expect(difference(layer.weight(), [...layer.weight_v.dataSync()])).toBeLessThan(1e-6)
    expect(layer.weight_g.shape).toEqual([2, 1, 1])
  })

  it('rejects another width', () => {
    expect(() => linear().forward(tf.zeros([2, 4]))).toThrow('WeightNormLinear was built for inputs of width 3, got 4')
    expect(() => convolution().forward(tf.zeros([2, 4, 4]))).toThrow('WeightNormConv1d was built for inputs of width 3, got 4')
    expect(() => new WeightNormConv1d({ inputs: 3, outputs: 0, kernel: 3, random })).toThrow('outputs of WeightNormConv1d must')
  })
})
