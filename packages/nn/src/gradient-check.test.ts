import { tf } from '@parlance/runtime'
import { beforeAll, expect, it } from 'vitest'
import { customGradient } from './custom-gradient.js'
import { checkGradients } from './gradient-check.js'
import { example, useTestDevice } from './testing.js'

beforeAll(useTestDevice)

/** x² with a gradient that is wrong by the factor given. */
function square(x: tf.Tensor, factor: number): tf.Tensor {
  return customGradient((save, x) => {
    save([x])
    return { value: tf.square(x), gradient: (dy, [x]) => [tf.mul(dy, tf.mul(x as tf.Tensor, 2 * factor))] }
  }, x)
}

it('accepts a right gradient and finds one that is 1% wrong', async () => {
  const x = example([3, 4])
  expect(await checkGradients(() => square(x, 1), [x])).toBeLessThan(1e-4)
  const error = await checkGradients(() => square(x, 1.01), [x])
  expect(error).toBeGreaterThan(1e-3)
  expect(error).toBeLessThan(0.05)
})

it('finds an error in one variable of several, and in a scalar output', async () => {
  const x = example([2])
  const y = example([2], 1)
  const wrong = await checkGradients(() => tf.sum(tf.add(square(x, 1), square(y, 1.2))), [x, y])
  expect(wrong).toBeGreaterThan(0.02)
})

it('restores the variables and leaks nothing', async () => {
  const x = example([4])
  const start = x.dataSync().slice()
  const before = tf.memory().numTensors
  await checkGradients(() => tf.square(x), [x])
  expect(tf.memory().numTensors).toBe(before)
  expect(x.dataSync()).toEqual(start)
  await expect(checkGradients(() => tf.square(x), [])).rejects.toThrow('one variable at least')
})
