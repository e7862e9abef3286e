import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/attention.json' with { type: 'json' }
import { inference } from '../forward.js'
import { checkGradients } from '../gradient-check.js'
import { namedParameters } from '../module.js'
import layers from '../fixtures/layers.json' with { type: 'json' }
import { difference, example, knownDifference, useTestDevice } from '../testing.js'
import { type KeyValue, MultiHeadAttention } from './attention.js'
import type { Linear } from './linear.js'
import { causalMask, paddingMask } from './masks.js'

beforeAll(useTestDevice)

const random = new Random(1)

/** PyTorch keeps the three input projections in one matrix. */
function fromFixture(): MultiHeadAttention {
  const attention = new MultiHeadAttention({ width: 8, heads: 2, random })
  const set = (layer: Linear, weight: tf.Tensor, bias: tf.Tensor): void => {
    layer.weight.assign(weight)
    layer.bias?.assign(bias)
  }
  const { in_proj_weight, in_proj_bias } = fixture.parameters
  const weights = tf.split(tf.tensor(in_proj_weight.data, in_proj_weight.shape), 3, 0)
  const biases = tf.split(tf.tensor1d(in_proj_bias.data), 3)
  for (const [i, layer] of [attention.query, attention.key, attention.value].entries()) {
    set(layer, weights[i] as tf.Tensor, biases[i] as tf.Tensor)
  }
  const { 'out_proj.weight': weight, 'out_proj.bias': bias } = fixture.parameters
  set(attention.output, tf.tensor(weight.data, weight.shape), tf.tensor1d(bias.data))
  return attention
}

const query = (): tf.Tensor => tf.tensor(fixture.query.data, fixture.query.shape)
const memory = (): tf.Tensor => tf.tensor(fixture.memory.data, fixture.memory.shape)

describe('MultiHeadAttention', () => {
  it('agrees with PyTorch: over a padded memory, and causal over itself', () => {
    const attention = fromFixture()
    const mask = paddingMask(tf.tensor(fixture.keep.data, fixture.keep.shape))
    const cross = attention.attend(query(), attention.keyValue(memory()), inference, mask)
    expect(difference(cross, fixture.cross.data)).toBeLessThan(1e-5)
    expect(difference(attention.forward(query(), inference, causalMask(3)), fixture.self.data)).toBeLessThan(1e-5)
  })

  it('gives step by step, with a cache, what it gives at once', () => {
    const attention = fromFixture()
    const whole = attention.forward(query(), inference, causalMask(3)).dataSync()
    const outputs: tf.Tensor[] = []
    let cache: KeyValue | undefined
    for (const x of tf.split(query(), 3, 1)) {
      const step = attention.step(x, cache, inference)
      outputs.push(step.output)
      cache = step.cache
    }
    expect(cache?.key.shape).toEqual([2, 2, 3, 4])
    expect(difference(tf.concat(outputs, 1), [...whole])).toBeLessThan(1e-6)

    const first = attention.step(tf.slice(query(), [0, 0, 0], [2, 1, 8]), undefined, inference)
    const rest = attention.step(tf.slice(query(), [0, 1, 0], [2, 2, 8]), first.cache, inference, causalMask(2, 3))
    expect(difference(tf.concat([first.output, rest.output], 1), [...whole])).toBeLessThan(1e-6)
  })

  it('steps by one position without a time axis', () => {
    const attention = fromFixture()
    const x = tf.slice(query(), [0, 1, 0], [2, 1, 8])
    const { cache } = attention.step(tf.slice(query(), [0, 0, 0], [2, 1, 8]), undefined, inference)
    const wanted = attention.step(x, cache, inference)
    const got = attention.step(tf.squeeze(x, [1]), cache, inference)
    expect(got.output.shape).toEqual([2, 8])
    expect(got.cache.key.shape).toEqual(wanted.cache.key.shape)
    expect(difference(got.output, [...wanted.output.dataSync()])).toBeLessThan(1e-6)
    expect(difference(got.cache.value, [...wanted.cache.value.dataSync()])).toBe(0)
  })

  it('does not depend on what padding hides', () => {
    const attention = fromFixture()
    const mask = paddingMask(tf.tensor2d([[1, 1, 0, 0], [1, 1, 0, 0]]))
    const attend = (memory: tf.Tensor): Float32Array =>
      attention.attend(query(), attention.keyValue(memory), inference, mask).dataSync() as Float32Array
    const other = tf.concat([tf.slice(memory(), [0, 0, 0], [2, 2, 8]), tf.mul(tf.ones([2, 2, 8]), 100)], 1)
    expect(attend(other)).toEqual(attend(memory()))
  })

  it('agrees with PyTorch where heads of queries share keys and values, also step by step', () => {
    const attention = new MultiHeadAttention({ width: 8, heads: 4, keyValueHeads: 2, random })
    const whole = (x: tf.Tensor): tf.Tensor => attention.forward(x, inference, causalMask(3))
    expect(knownDifference(layers.groupedQueries, attention, whole)).toBeLessThan(1e-5)
    let cache: KeyValue | undefined
    const outputs = tf.split(query(), 3, 1).map((x) => {
      const step = attention.step(x, cache, inference)
      cache = step.cache
      return step.output
    })
    expect(cache?.key.shape).toEqual([2, 2, 3, 2])
    expect(difference(tf.concat(outputs, 1), [...whole(query()).dataSync()])).toBeLessThan(1e-6)
  })

  it('has gradients that agree with differences', async () => {
    const attention = new MultiHeadAttention({ width: 4, heads: 2, random })
    const x = example([2, 3, 4])
    const variables = [x, ...namedParameters(attention).values()]
    expect(await checkGradients(() => attention.forward(x, inference, causalMask(3)), variables)).toBeLessThan(1e-3)
    const other = example([2, 2, 4], 1)
    const cross = (): tf.Tensor => attention.attend(x, attention.keyValue(other), inference)
    expect(await checkGradients(cross, [other, ...variables])).toBeLessThan(1e-3)
    const single = new MultiHeadAttention({ width: 4, heads: 2, keyValueHeads: 1, random })
    const shared = [x, ...namedParameters(single).values()]
    expect(await checkGradients(() => single.forward(x, inference, causalMask(3)), shared)).toBeLessThan(1e-3)
  })

  it('rejects heads that do not divide the width, and inputs without a time axis', () => {
    expect(() => new MultiHeadAttention({ width: 8, heads: 3, random })).toThrow('got width 8 and 3 heads')
    expect(() => new MultiHeadAttention({ width: 8, heads: 4, keyValueHeads: 3, random })).toThrow('got 4 and 3')
    expect(() => fromFixture().forward(tf.zeros([8]), inference)).toThrow('(N, T, width) must have 3 axes')
  })
})
