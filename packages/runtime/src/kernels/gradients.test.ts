import { beforeAll, describe, expect, it } from 'vitest'
import { useDevice } from '../device.js'
import { tf } from '../tf.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

describe.each([
  ['unstack', (x: tf.Tensor, axis: number) => tf.unstack(x, axis)],
  ['split', (x: tf.Tensor, axis: number) => tf.split(x, x.shape.at(axis) as number, axis)],
])('%s', (_, apart) => {
  // Σ i (Σ xᵢ²) over the parts i = 1, 2, … along the axis: the gradient is 2 i x.
  it.each([
    [[1, 3], 0, [2, 4, 6]],
    [[3, 1], 1, [2, 4, 6]],
    [[1], 0, [2]],
    [[3, 1], -1, [2, 4, 6]],
    [[2, 2], 0, [2, 4, 12, 16]],
    [[2, 2], -1, [2, 8, 6, 16]],
  ])('has a gradient for shape %j along axis %i', (shape, axis, wanted) => {
    const x = tf.tensor(Array.from({ length: wanted.length }, (_, i) => i + 1), shape)
    const loss = (x: tf.Tensor) => tf.addN(apart(x, axis).map((part, i) => tf.mul(tf.sum(tf.square(part)), i + 1)))
    const gradient = tf.grad(loss)(x)
    expect(gradient.shape).toEqual(shape)
    expect([...gradient.dataSync()]).toEqual(wanted)
  })
})
