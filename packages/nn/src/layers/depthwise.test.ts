import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/layers.json' with { type: 'json' }
import { checkGradients } from '../gradient-check.js'
import { namedParameters } from '../module.js'
import { difference, example, knownDifference, useTestDevice } from '../testing.js'
import { Conv1d } from './convolution.js'
import { DepthwiseConv1d, DepthwiseConv2d, SeparableConv1d, SeparableConv2d } from './depthwise.js'
import type { Padding, TimePadding } from './padding.js'

beforeAll(useTestDevice)

const random = new Random(1)

describe.each(fixture.depthwise)('depthwise $kind, kernel $kernel, padding $padding, stride $stride', (values) => {
  it('agrees with PyTorch: output and gradients', () => {
    const { kernel, stride } = values
    const layer =
      typeof kernel === 'number'
        ? new DepthwiseConv1d({ channels: 3, kernel, stride, padding: values.padding as TimePadding, random })
        : new DepthwiseConv2d({ channels: 2, kernel: kernel as [number, number], stride, padding: values.padding as Padding, random })
    expect(knownDifference(values, layer, (x) => layer.forward(x))).toBeLessThan(1e-5)
  })
})

describe('depthwise convolutions', () => {
  it('have gradients that agree with differences', async () => {
    const one = new DepthwiseConv1d({ channels: 3, kernel: 3, padding: 'causal', random })
    const x = example([2, 5, 3])
    expect(await checkGradients(() => one.forward(x), [x, ...namedParameters(one).values()])).toBeLessThan(1e-3)
    const two = new DepthwiseConv2d({ channels: 2, kernel: 3, padding: 'same', random })
    const image = example([2, 4, 3, 2])
    expect(await checkGradients(() => two.forward(image), [image, ...namedParameters(two).values()])).toBeLessThan(1e-3)
  })

  it('are dense convolutions whose other weights are zero; separable ones are two in a row', () => {
    const x = example([2, 6, 2])
    const separable = new SeparableConv1d({ channels: 2, outputs: 3, kernel: 3, padding: 'causal', random })
    const dense = new Conv1d({ inputs: 2, outputs: 3, kernel: 3, padding: 'causal', random })
    const filters = tf.reshape(separable.depthwise.weight, [1, 2, 3])
    dense.weight.assign(tf.mul(tf.expandDims(separable.pointwise.weight, 2), filters))
    expect(difference(separable.forward(x), [...dense.forward(x).dataSync()])).toBeLessThan(1e-6)
  })

  it('have gradients that agree with differences when separable', async () => {
    const one = new SeparableConv1d({ channels: 2, outputs: 3, kernel: 2, stride: 2, random })
    const x = example([2, 4, 2])
    expect(await checkGradients(() => one.forward(x), [x, ...namedParameters(one).values()])).toBeLessThan(1e-3)
    const two = new SeparableConv2d({ channels: 2, outputs: 3, kernel: 2, padding: 1, random })
    const image = example([1, 3, 3, 2])
    expect(await checkGradients(() => two.forward(image), [image, ...namedParameters(two).values()])).toBeLessThan(1e-3)
    expect([...namedParameters(two).keys()]).toEqual(['depthwise.weight', 'pointwise.weight', 'pointwise.bias'])
  })

  it('see no later step when causal', () => {
    const layer = new DepthwiseConv1d({ channels: 1, kernel: 3, padding: 'causal', random })
    const x = example([1, 6, 1])
    const start = tf.slice(x, [0, 0, 0], [1, 4, 1])
    const whole = tf.slice(layer.forward(x), [0, 0, 0], [1, 4, 1])
    expect(difference(layer.forward(start), [...whole.dataSync()])).toBe(0)
  })

  it('reject what they cannot use', () => {
    const layer = new DepthwiseConv1d({ channels: 2, kernel: 3, random })
    expect(() => layer.forward(tf.zeros([1, 5, 3]))).toThrow('DepthwiseConv1d was built for inputs of width 2, got 3')
    expect(() => layer.forward(tf.zeros([5, 2]))).toThrow('(N, T, channels) must have 3 axes, got shape [5, 2]')
    expect(() => new DepthwiseConv2d({ channels: 2, kernel: [3, 0], random })).toThrow('kernel of a convolution must be a whole')
    expect(() => new DepthwiseConv2d({ channels: 0, kernel: 3, random })).toThrow('channels of a depthwise convolution must be')
  })
})
