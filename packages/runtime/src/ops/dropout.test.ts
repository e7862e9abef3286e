import { beforeAll, describe, expect, it } from 'vitest'
import { useDevice } from '../device.js'
import { jit } from '../jit/jit.js'
import { tf } from '../tf.js'
import { dropout, maskOnHost } from './dropout.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

function masked(step: number, examples: number[], size: number, rate: number, layer = 0, seed = 7): Float32Array {
  return tf.tidy(() => {
    const key = { seed, step: tf.scalar(step, 'int32'), examples: tf.tensor1d(examples, 'int32') }
    return dropout(tf.ones([examples.length, size]), rate, key, layer).dataSync() as Float32Array
  })
}

describe('dropout', () => {
  it('draws in the graph what its definition says', () => {
    const attributes = { seed: 7, layer: 3, rate: 0.3, size: 257 }
    const examples = [0, 5, -1, 1_000_000]
    expect([...masked(12, examples, 257, 0.3, 3)]).toEqual([...maskOnHost(12, examples, attributes)])
  })

  it('keeps the share asked for, in every example', () => {
    const size = 20_000
    const mask = masked(1, [0, 1, 2, 3], size, 0.1)
    for (let n = 0; n < 4; n++) {
      const dropped = mask.subarray(n * size, (n + 1) * size).filter((m) => m === 0).length
      expect(Math.abs(dropped - 0.1 * size)).toBeLessThan(4 * Math.sqrt(size * 0.09)) // four standard deviations
    }
  })

  it.each([
    ['steps', (i: number) => masked(i, [0], 4096, 0.5)],
    ['examples', (i: number) => masked(1, [i], 4096, 0.5)],
    ['layers', (i: number) => masked(1, [0], 4096, 0.5, i)],
    ['seeds', (i: number) => masked(1, [0], 4096, 0.5, 0, i)],
  ])('draws independently for different %s', (_, draw) => {
    const masks = [1, 2, 3, 4].map((i) => draw(i))
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < i; j++) {
        const agree = masks[i]!.filter((m, k) => m === masks[j]![k]).length
        expect(Math.abs(agree - 2048)).toBeLessThan(4.5 * 32) // the standard deviation is √4096 / 2 = 32
      }
    }
  })

  it('draws neighbours independently: no pattern of three is over-represented', () => {
    const mask = masked(3, [9], 60_000, 0.5)
    const counts = new Float64Array(8)
    for (let i = 0; i + 2 < mask.length; i += 3) {
      counts[(mask[i] ? 4 : 0) + (mask[i + 1] ? 2 : 0) + (mask[i + 2] ? 1 : 0)]! += 1
    }
    const chiSquare = counts.reduce((sum, c) => sum + (c - 2500) ** 2 / 2500, 0)
    expect(chiSquare).toBeLessThan(24.3) // the 0.1% point with 7 degrees of freedom
  })

  it('does not depend on how the batch is split', () => {
    const whole = masked(4, [10, 11, 12], 64, 0.5)
    expect([...whole.subarray(64, 128)]).toEqual([...masked(4, [11], 64, 0.5)])
  })

  it('draws a new mask at every call of a compiled step', () => {
    const examples = tf.tensor1d([0, 1], 'int32')
    const step = jit((number: tf.Scalar) => dropout(tf.ones([2, 50]), 0.5, { seed: 1, step: number, examples }, 0))
    const first = step(tf.scalar(1, 'int32')).dataSync()
    const second = step(tf.scalar(2, 'int32')).dataSync()
    expect(step.traces).toBe(1)
    expect([...first]).not.toEqual([...second])
    expect([...step(tf.scalar(1, 'int32')).dataSync()]).toEqual([...first])
  })

  it('rejects a rate of 1', () => {
    expect(() => masked(1, [0], 4, 1)).toThrow('A dropout rate must be at least 0 and less than 1, got 1')
  })
})
