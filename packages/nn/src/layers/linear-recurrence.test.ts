import { jit, Random, tf, useDevice } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkGradients } from '../gradient-check.js'
import { linearRecurrence } from './linear-recurrence.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

const random = new Random(3)
const [examples, steps, width] = [2, 11, 3]
const size = examples * steps * width
const tensorOf = (data: Float32Array) => tf.tensor3d(data, [examples, steps, width])

/** One number after the other, in float64. */
function byLoop(decay: Float32Array, input: Float32Array): Float64Array {
  const result = new Float64Array(size)
  for (let n = 0; n < examples; n++) {
    for (let c = 0; c < width; c++) {
      let state = 0
      for (let t = 0; t < steps; t++) {
        const at = (n * steps + t) * width + c
        result[at] = state = (decay[at] as number) * state + (input[at] as number)
      }
    }
  }
  return result
}

describe('linearRecurrence', () => {
  // Zeros, ones and what underflows when multiplied: a quotient of cumulative products would be 0/0 here.
  const decay = random.uniform(size, 0, 1).map((f, i) => (i % 5 === 0 ? 0 : i % 5 === 1 ? 1 : i % 5 === 2 ? 1e-30 : f))
  const input = random.normal(size)

  it.each(['eager', 'compiled'])('is the loop (%s)', (mode) => {
    const run = mode === 'eager' ? linearRecurrence : jit(linearRecurrence)
    const got = run(tensorOf(decay), tensorOf(input)).dataSync()
    for (const [i, wanted] of byLoop(decay, input).entries()) expect(Math.abs((got[i] as number) - wanted)).toBeLessThan(1e-6)
  })

  it('has gradients that agree with finite differences', async () => {
    const [f, v] = [tf.variable(tensorOf(random.uniform(size, 0, 1))), tf.variable(tensorOf(input))]
    expect(await checkGradients(() => linearRecurrence(f, v), [f, v])).toBeLessThan(1e-3)
  })

  it('has the same gradients when compiled to one operator', () => {
    const gradient = (f: tf.Tensor, v: tf.Tensor) =>
      tf.grads((f: tf.Tensor, v: tf.Tensor) => tf.sum(tf.square(linearRecurrence(f, v))))([f, v])
    const arguments_ = [tensorOf(decay), tensorOf(input)] as const
    const [eager, compiled] = [gradient(...arguments_), jit(gradient)(...arguments_)]
    for (const [i, wanted] of eager.entries()) {
      const got = (compiled[i] as tf.Tensor).dataSync()
      for (const [j, value] of wanted.dataSync().entries()) expect(got[j]).toBeCloseTo(value, 5)
    }
  })

  it('rejects what is not of one shape', () => {
    expect(() => linearRecurrence(tf.zeros([2, 3, 4]), tf.zeros([2, 4, 4]))).toThrow(
      'Its decay must have the shape of the input of a linear recurrence, [2, 4, 4], got [2, 3, 4].',
    )
  })
})
