import { tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/layers.json' with { type: 'json' }
import { checkGradients } from '../gradient-check.js'
import { difference, example, knownDifference, useTestDevice } from '../testing.js'
import { GroupNorm } from './group-norm.js'

beforeAll(useTestDevice)

describe('GroupNorm', () => {
  it('agrees with PyTorch: output and gradients, also as instance normalisation', () => {
    const two = new GroupNorm({ width: 4, groups: 2 })
    expect(knownDifference(fixture.groupNorm, two, (x) => two.forward(x))).toBeLessThan(1e-5)
    const instance = new GroupNorm({ width: 3, groups: 3 })
    expect(knownDifference(fixture.instanceNorm, instance, (x) => instance.forward(x))).toBeLessThan(1e-5)
  })

  it('gives a padded example what it gives it alone, whatever the padding holds', () => {
    const layer = new GroupNorm({ width: 4, groups: 2 })
    const x = example([1, 3, 4])
    const padded = tf.concat([tf.concat([x, tf.fill([1, 2, 4], Number.NaN)], 1), example([1, 5, 4], 1)], 0)
    const mask = tf.tensor2d([1, 1, 1, 0, 0, 1, 1, 1, 1, 1], [2, 5])
    const got = tf.slice(layer.forward(padded, mask), [0, 0, 0], [1, 3, 4])
    expect(difference(got, [...layer.forward(x).dataSync()])).toBeLessThan(1e-6)
  })

  it('has gradients that agree with differences', async () => {
    const layer = new GroupNorm({ width: 4, groups: 2 })
    const x = example([2, 3, 4])
    const mask = tf.tensor2d([1, 1, 0, 1, 1, 1], [2, 3])
    expect(await checkGradients(() => layer.forward(x), [x, layer.weight, layer.bias])).toBeLessThan(1e-3)
    expect(await checkGradients(() => layer.forward(x, mask), [x, layer.weight, layer.bias])).toBeLessThan(1e-3)
  })

  it('rejects groups that do not divide the width, and another width', () => {
    expect(() => new GroupNorm({ width: 4, groups: 3 })).toThrow('multiple of its groups, got 4 and 3 groups')
    expect(() => new GroupNorm({ width: 4, groups: 2 }).forward(tf.zeros([1, 3]))).toThrow('inputs of width 4, got 3')
  })
})
