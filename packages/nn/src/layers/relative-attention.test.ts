import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/layers.json' with { type: 'json' }
import { inference } from '../forward.js'
import { checkGradients } from '../gradient-check.js'
import { namedParameters } from '../module.js'
import { difference, example, knownDifference, useTestDevice } from '../testing.js'
import { paddingMask } from './masks.js'
import { RelativeAttention } from './relative-attention.js'

beforeAll(useTestDevice)

const options = { width: 4, heads: 2, random: new Random(1) }

describe('RelativeAttention', () => {
  it('agrees with its definition, computed score by score in PyTorch: output and gradients', () => {
    const layer = new RelativeAttention(options)
    expect(knownDifference(fixture.relativeAttention, layer, (x) => layer.forward(x, inference))).toBeLessThan(1e-5)
  })

  it('has gradients that agree with differences, under a mask', async () => {
    const layer = new RelativeAttention(options)
    const x = example([2, 3, 4])
    const mask = paddingMask(tf.tensor2d([1, 1, 1, 1, 1, 0], [2, 3]))
    const variables = [x, ...namedParameters(layer).values()]
    expect(await checkGradients(() => layer.forward(x, inference, mask), variables)).toBeLessThan(1e-3)
  })

  it('is blind to where a sequence starts, and takes a single step', () => {
    const layer = new RelativeAttention(options)
    const x = example([1, 3, 4])
    const shifted = tf.concat([tf.zeros([1, 2, 4]), x], 1)
    const mask = paddingMask(tf.tensor2d([0, 0, 1, 1, 1], [1, 5]))
    const got = tf.slice(layer.forward(shifted, inference, mask), [0, 2, 0], [1, 3, 4])
    expect(difference(got, [...layer.forward(x, inference).dataSync()])).toBeLessThan(1e-6)
    const one = tf.slice(x, [0, 0, 0], [1, 1, 4])
    const value = layer.linear_out.forward(layer.linear_v.forward(one))
    expect(difference(layer.forward(one, inference), [...value.dataSync()])).toBeLessThan(1e-6)
  })

  it('sees the same through a past as in the whole', async () => {
    const layer = new RelativeAttention(options)
    const x = example([2, 7, 4])
    const whole = layer.forward(x, inference)
    const [past, now] = tf.split(x, [4, 3], 1) as [tf.Tensor, tf.Tensor]
    const last = tf.slice(whole, [0, 4, 0], [2, 3, 4])
    expect(difference(layer.forward(now, inference, undefined, past), [...last.dataSync()])).toBeLessThan(1e-6)
    const [before, after] = [example([1, 2, 4], 3), example([1, 3, 4], 4)]
    expect(await checkGradients(() => layer.forward(after, inference, undefined, before), [before, after])).toBeLessThan(1e-3)
  })

  it('rejects heads that do not divide the width', () => {
    expect(() => new RelativeAttention({ ...options, heads: 3 })).toThrow('got width 4 and 3 heads')
  })
})
