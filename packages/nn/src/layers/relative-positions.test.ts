import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkGradients } from '../gradient-check.js'
import { difference, useTestDevice } from '../testing.js'
import { alibi, RelativePositionBias, relativePositions } from './relative-positions.js'

beforeAll(useTestDevice)

const random = new Random(1)

it('relativePositions counts from each query, the last one at the last key', () => {
  expect(relativePositions(3, 3).arraySync()).toEqual([[0, 1, 2], [-1, 0, 1], [-2, -1, 0]])
  expect(relativePositions(2, 4).arraySync()).toEqual([[-2, -1, 0, 1], [-3, -2, -1, 0]])
})

describe('alibi', () => {
  it('has the slopes of the paper for a power of two, and of its code for other numbers', () => {
    const slopes = (heads: number): number[] => [...tf.slice(alibi(heads, 2), [0, 0, 1, 0], [1, heads, 1, 1]).dataSync()].map((bias) => -bias)
    expect(slopes(8)).toEqual([1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256])
    // get_slopes(6) of the paper's code: those of 4, then every other one of 8.
    expect(slopes(6)).toEqual([1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 2, 1 / 8])
  })

  it('grows with the distance, also from new positions to cached ones', () => {
    expect(difference(alibi(1, 2, 3), [-1 / 256, 0, -1 / 256, -2 / 256, -1 / 256, 0])).toBeLessThan(1e-9)
  })
})

/** The bias of one head whose bucket b weighs b, from a query to keys at these relative positions. */
function bucketsOf(relative: readonly number[], bidirectional: boolean): number[] {
  const layer = new RelativePositionBias({ heads: 1, bidirectional, random })
  layer.weight.assign(tf.tensor2d(Array.from({ length: 32 }, (_, i) => i), [32, 1]))
  const row = tf.reshape(tf.slice(layer.forward(401), [0, 0, 200, 0], [1, 1, 1, 401]), [-1]).dataSync()
  return relative.map((distance) => row[200 + distance] as number)
}

describe('RelativePositionBias', () => {
  // torch 1.13, float32: T5's formula with 32 buckets up to a distance of 128.
  const relative = [-200, -128, -127, -91, -90, -64, -46, -45, -32, -23, -22, -16, -12, -11, -8, -7, -1, 0, 1, 7, 8, 16, 32, 64, 128]

  it('has the buckets of T5', () => {
    expect(bucketsOf(relative, true)).toEqual([15, 15, 15, 15, 14, 14, 13, 12, 12, 11, 10, 10, 9, 8, 8, 7, 1, 0, 17, 23, 24, 26, 28, 30, 31])
    expect(bucketsOf(relative, false)).toEqual([31, 31, 31, 29, 29, 26, 24, 23, 21, 18, 18, 16, 12, 11, 8, 7, 1, 0, 0, 0, 0, 0, 0, 0, 0])
  })

  it('has gradients that agree with differences', async () => {
    const layer = new RelativePositionBias({ heads: 2, buckets: 8, maxDistance: 5, random })
    expect(await checkGradients(() => layer.forward(3, 7), [layer.weight])).toBeLessThan(1e-3)
  })

  it('lets new positions see cached ones as a whole pass does', () => {
    const layer = new RelativePositionBias({ heads: 2, random })
    const last = tf.slice(layer.forward(6), [0, 0, 4, 0], [1, 2, 2, 6])
    expect(difference(layer.forward(2, 6), [...last.dataSync()])).toBe(0)
  })

  it('rejects buckets that it cannot deal out', () => {
    expect(() => new RelativePositionBias({ heads: 1, buckets: 6, random })).toThrow('a multiple of 4 buckets and a larger distance, got 6')
    expect(() => new RelativePositionBias({ heads: 1, maxDistance: 8, random })).toThrow('up to a distance of 8')
  })
})
