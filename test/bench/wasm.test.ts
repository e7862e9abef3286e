import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { useWasm } from './wasm.js'

beforeAll(async () => {
  await useWasm()
})

/** A value computed on TF.js's own cpu backend and on wasm. */
async function onBoth(compute: () => tf.Tensor): Promise<[number[], number[]]> {
  const values: number[][] = []
  for (const backend of ['cpu', 'wasm']) {
    await tf.setBackend(backend)
    values.push([...tf.tidy(compute).dataSync()])
  }
  return values as [number[], number[]]
}

const normal = (seed: number, ...shape: number[]) => tf.tensor(new Random(seed).normal(shape.reduce((a, b) => a * b)), shape)

describe("what TF.js's wasm backend lacks", () => {
  it('sums segments, some of them empty, some met twice', async () => {
    const [expected, got] = await onBoth(() => tf.unsortedSegmentSum(normal(1, 5, 2, 3), tf.tensor1d([3, 0, 3, 1, 0], 'int32'), 5))
    for (const [i, value] of expected.entries()) expect(got[i]).toBeCloseTo(value, 6)
  })

  it.each([
    { pad: 'valid', strides: 1, size: [9, 7] },
    { pad: 'same', strides: 1, size: [8, 8] },
    { pad: 'same', strides: 2, size: [9, 10] },
    { pad: 'valid', strides: 3, size: [10, 11] },
  ] as const)('derives a convolution by its filter: $pad, strides $strides, $size', async ({ pad, strides, size: [height, width] }) => {
    const [expected, got] = await onBoth(() => {
      const x = normal(1, 2, height, width, 3) as tf.Tensor4D
      return tf.grad((filter) => tf.sum(tf.square(tf.conv2d(x, filter as tf.Tensor4D, strides, pad))))(normal(2, 3, 2, 3, 4))
    })
    expect(got.length).toBe(3 * 2 * 3 * 4)
    // Sums of about a hundred products of order one.
    for (const [i, value] of expected.entries()) expect(Math.abs((got[i] as number) - value)).toBeLessThan(1e-3)
  })
})
