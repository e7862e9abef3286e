import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/convolution.json' with { type: 'json' }
import { checkGradients } from '../gradient-check.js'
import { difference, example, useTestDevice } from '../testing.js'
import { Conv1d, Conv2d } from './convolution.js'

beforeAll(useTestDevice)

const random = new Random(1)

describe.each(fixture.cases)('Conv$kind, stride $stride, padding $padding', ({ kind, stride, padding, ...known }) => {
  const shared = { inputs: 2, outputs: 3, random, stride, padding }
  const create = (): Conv1d | Conv2d =>
    kind === '1d' ? new Conv1d({ ...shared, kernel: 3 }) : new Conv2d({ ...shared, kernel: [3, 2] })

  it('agrees with PyTorch: output and gradients', () => {
    const layer = create()
    layer.weight.assign(tf.tensor(known.parameters.weight.data, known.parameters.weight.shape))
    layer.bias?.assign(tf.tensor(known.parameters.bias.data))
    const x = tf.variable(tf.tensor(known.x.data, known.x.shape))
    expect(layer.forward(x).shape).toEqual(known.output.shape)
    expect(difference(layer.forward(x), known.output.data)).toBeLessThan(1e-5)
    const w = tf.tensor(known.w.data, known.w.shape)
    const { grads } = tf.variableGrads(() => tf.sum(tf.mul(layer.forward(x), w)) as tf.Scalar)
    expect(difference(grads[x.name] as tf.Tensor, known.gradients.x.data)).toBeLessThan(1e-5)
    expect(difference(grads[layer.weight.name] as tf.Tensor, known.gradients.weight.data)).toBeLessThan(1e-5)
    expect(difference(grads[layer.bias?.name as string] as tf.Tensor, known.gradients.bias.data)).toBeLessThan(1e-5)
    layer.dispose()
    x.dispose()
  })
})

describe('convolutions', () => {
  it('have gradients that agree with differences', async () => {
    const one = new Conv1d({ inputs: 2, outputs: 3, kernel: 3, padding: 'same', random })
    const x = example([2, 4, 2])
    expect(await checkGradients(() => one.forward(x), [x, one.weight, one.bias as tf.Variable])).toBeLessThan(1e-3)
    const two = new Conv2d({ inputs: 1, outputs: 2, kernel: 2, stride: 2, bias: false, random })
    const image = example([1, 4, 4, 1])
    expect(await checkGradients(() => two.forward(image), [image, two.weight])).toBeLessThan(1e-3)
  })

  it('see no later step when causal', async () => {
    const causal = new Conv1d({ inputs: 2, outputs: 3, kernel: 3, padding: 'causal', random })
    const valid = new Conv1d({ inputs: 2, outputs: 3, kernel: 3, random })
    valid.weight.assign(causal.weight)
    const x = example([2, 5, 2])
    const padded = tf.concat([tf.zeros([2, 2, 2]), x], 1)
    expect(difference(causal.forward(x), [...valid.forward(padded).dataSync()])).toBeLessThan(1e-6)
    expect(await checkGradients(() => causal.forward(x), [x, causal.weight])).toBeLessThan(1e-3)
  })

  it('reject what they cannot use', () => {
    const layer = new Conv1d({ inputs: 2, outputs: 3, kernel: 3, random })
    expect(() => layer.forward(tf.zeros([1, 5, 3]))).toThrow('Conv1d was built for inputs of width 2, got 3')
    expect(() => layer.forward(tf.zeros([5, 2]))).toThrow('(N, T, inputs) must have 3 axes, got shape [5, 2]')
    expect(() => new Conv1d({ inputs: 2, outputs: 3, kernel: 0, random })).toThrow('kernel of a convolution must be a whole')
    expect(() => new Conv2d({ inputs: 2, outputs: 3, kernel: 3, padding: -1, random })).toThrow('padding of a convolution')
  })
})
