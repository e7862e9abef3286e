import { beforeAll, describe, expect, it } from 'vitest'
import { useDevice } from '../device.js'
import { jit } from '../jit/jit.js'
import { tf } from '../tf.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

describe('neg', () => {
  it.each([
    ['computed at once', (x: tf.Tensor) => tf.neg(x)],
    ['compiled', jit((x: tf.Tensor) => tf.neg(x))],
  ])('changes the sign of every number, zeros and the least one too, %s', (_, neg) => {
    const numbers = [0, -0, 1.5, -2, Infinity, -Infinity, 1e-45]
    expect([...neg(tf.tensor1d(numbers)).dataSync()]).toEqual([...Float32Array.from(numbers, (x) => -x)])
    expect([...neg(tf.tensor1d([Number.NaN])).dataSync()]).toEqual([Number.NaN])
    // As in any arithmetic of 32 bits, the least number has no opposite.
    expect([...neg(tf.tensor1d([7, 0, -(2 ** 31)], 'int32')).dataSync()]).toEqual([-7, 0, -(2 ** 31)])
  })
})
