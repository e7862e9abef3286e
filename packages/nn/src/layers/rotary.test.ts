import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { inference } from '../forward.js'
import { checkGradients } from '../gradient-check.js'
import { iota } from '../iota.js'
import { difference, example, useTestDevice } from '../testing.js'
import { type KeyValue, MultiHeadAttention } from './attention.js'
import { causalMask } from './masks.js'
import { rotaryPositions, type RotaryLayout, rotate } from './rotary.js'
import { TransformerEncoderBlock } from './transformer.js'

beforeAll(useTestDevice)

const layouts: RotaryLayout[] = ['half', 'interleaved']

/** Pair i of a row at position p, as a complex number, times e^(i·p·base^(−2i / width)): the definition, pair by pair. */
function rotatedOnHost(row: readonly number[], position: number, width: number, base: number, layout: RotaryLayout): number[] {
  const result = [...row]
  for (let i = 0; i < width / 2; i++) {
    const [a, b] = layout === 'half' ? [i, i + width / 2] : [2 * i, 2 * i + 1]
    const angle = position * base ** ((-2 * i) / width)
    const [re, im] = [row[a] as number, row[b] as number]
    result[a] = re * Math.cos(angle) - im * Math.sin(angle)
    result[b] = re * Math.sin(angle) + im * Math.cos(angle)
  }
  return result
}

describe.each(layouts)('rotary positions, %s', (layout) => {
  it.each([[6, 10_000], [4, 500]])('rotate the first %i numbers with base %i', (width, base) => {
    const x = example([2, 2, 3, 6])
    const positions = [0, 7, 100]
    const got = rotate(x, rotaryPositions(tf.tensor1d(positions, 'int32'), { width, base, layout }))
    const rows = tf.reshape(x, [-1, 6]).arraySync() as number[][]
    const wanted = rows.flatMap((row, i) => rotatedOnHost(row, positions[i % 3] as number, width, base, layout))
    expect(difference(got, wanted)).toBeLessThan(1e-5)
  })

  it('make products depend on distances alone', () => {
    const [query, key] = [example([1, 8]), example([1, 8], 1)]
    const product = (p: number, q: number): number => {
      const at = (x: tf.Tensor, position: number): tf.Tensor =>
        rotate(x, rotaryPositions(tf.tensor1d([position], 'int32'), { width: 8, layout }))
      return tf.sum(tf.mul(at(query, p), at(key, q))).dataSync()[0] as number
    }
    expect(product(9, 4)).toBeCloseTo(product(105, 100), 4)
    expect(Math.abs(product(9, 4) - product(9, 5))).toBeGreaterThan(1e-3)
  })

  it('have gradients that agree with differences', async () => {
    const x = example([2, 3, 6])
    const rotation = rotaryPositions(iota(3), { width: 4, layout })
    expect(await checkGradients(() => rotate(x, rotation), [x])).toBeLessThan(1e-3)
  })

  it('give step by step, with a cache, what they give at once, in attention and in a block', () => {
    const options = { width: 8, heads: 2, random: new Random(1) }
    const x = example([2, 5, 8])
    const at = (first: number, count: number) => {
      const positions = tf.add(iota(count), tf.scalar(first, 'int32'))
      return rotaryPositions(positions, { width: 4, layout })
    }
    for (const layer of [new MultiHeadAttention(options), new TransformerEncoderBlock(options)]) {
      const whole = layer.forward(x, inference, causalMask(5), at(0, 5))
      const outputs: tf.Tensor[] = []
      let cache: KeyValue | undefined
      let done = 0
      for (const part of tf.split(x, [3, 1, 1], 1)) {
        const count = part.shape[1] as number
        const step = layer.step(part, cache, inference, causalMask(count, done + count), at(done, count))
        outputs.push(step.output)
        cache = step.cache
        done += count
      }
      expect(difference(tf.concat(outputs, 1), [...whole.dataSync()])).toBeLessThan(1e-5)
      expect(difference(layer.forward(x, inference, causalMask(5)), [...whole.dataSync()])).toBeGreaterThan(1e-3)
    }
  })
})

it('rotary positions reject what they cannot turn', () => {
  const rotation = rotaryPositions(iota(2), { width: 4 })
  expect(() => rotate(tf.zeros([2, 2]), rotation)).toThrow('A rotation of width 4 needs heads as wide, got 2')
  expect(() => rotate(tf.zeros([3, 4]), rotation)).toThrow('A rotation of 2 positions needs as many in x (…, T, D), got 3')
  expect(() => rotaryPositions(iota(2), { width: 3 })).toThrow('width of rotary positions must be even, got 3')
})
