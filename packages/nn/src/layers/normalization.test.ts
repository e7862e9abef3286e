import { tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/layer-norm.json' with { type: 'json' }
import { checkGradients } from '../gradient-check.js'
import { difference, example, useTestDevice } from '../testing.js'
import { LayerNorm, RMSNorm } from './normalization.js'

beforeAll(useTestDevice)

describe('LayerNorm', () => {
  it('agrees with PyTorch: output and gradients', () => {
    const layer = new LayerNorm({ width: 5 })
    layer.weight.assign(tf.tensor1d(fixture.parameters.weight.data))
    layer.bias?.assign(tf.tensor1d(fixture.parameters.bias.data))
    const x = tf.variable(tf.tensor(fixture.x.data, fixture.x.shape))
    expect(difference(layer.forward(x), fixture.output.data)).toBeLessThan(1e-5)
    const w = tf.tensor(fixture.w.data, fixture.w.shape)
    const { grads } = tf.variableGrads(() => tf.sum(tf.mul(layer.forward(x), w)) as tf.Scalar)
    expect(difference(grads[x.name] as tf.Tensor, fixture.gradients.x.data)).toBeLessThan(1e-5)
    expect(difference(grads[layer.weight.name] as tf.Tensor, fixture.gradients.weight.data)).toBeLessThan(1e-5)
    expect(difference(grads[layer.bias?.name as string] as tf.Tensor, fixture.gradients.bias.data)).toBeLessThan(1e-5)
    layer.dispose()
    x.dispose()
  })

  it('has gradients that agree with differences', async () => {
    const layer = new LayerNorm({ width: 4 })
    const x = example([2, 3, 4])
    const variables = [x, layer.weight, layer.bias as tf.Variable]
    expect(await checkGradients(() => layer.forward(x), variables)).toBeLessThan(1e-3)
  })

  it('rejects another width', () => {
    const layer = new LayerNorm({ width: 4, bias: false })
    expect(layer.bias).toBeUndefined()
    expect(() => layer.forward(tf.zeros([2, 3]))).toThrow('LayerNorm was built for inputs of width 4, got 3')
  })
})

describe('RMSNorm', () => {
  it('divides by the root of the mean square', () => {
    const layer = new RMSNorm({ width: 2, epsilon: 0 })
    layer.weight.assign(tf.tensor1d([1, 2]))
    // The root mean square of (3, 4) is 5/√2.
    expect(difference(layer.forward(tf.tensor2d([[3, 4]])), [0.6 * Math.SQRT2, 1.6 * Math.SQRT2])).toBeLessThan(1e-6)
  })

  it('has gradients that agree with differences', async () => {
    const layer = new RMSNorm({ width: 4 })
    const x = example([3, 4])
    expect(await checkGradients(() => layer.forward(x), [x, layer.weight])).toBeLessThan(1e-3)
  })

  it('rejects another width', () => {
    expect(() => new RMSNorm({ width: 4 }).forward(tf.zeros([2, 3]))).toThrow('RMSNorm was built for inputs of width 4')
  })
})
