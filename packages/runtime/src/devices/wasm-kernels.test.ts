import { beforeAll, describe, expect, it } from 'vitest'
import { useDevice } from '../device.js'
import { tf } from '../tf.js'

beforeAll(async () => {
  await useDevice('wasm')
})

const ints = (values: number[], shape = [values.length]): tf.Tensor => tf.tensor(values, shape, 'int32')
const bools = (values: number[], shape = [values.length]): tf.Tensor => tf.tensor(values, shape, 'bool')

// Each of them gave something else, or wrote past its result's end, in TF.js's backend alone.
const cases: [name: string, compute: () => tf.Tensor, dtype: tf.DataType, values: number[]][] = [
  ['oneHot of bools', () => tf.oneHot(ints([0, 2, 3]), 3, 1, 0, 'bool'), 'bool', [1, 0, 0, 0, 0, 1, 0, 0, 0]],
  ['oneHot of floats', () => tf.oneHot(ints([1, 0]), 2, 0.75, 0.25, 'float32'), 'float32', [0.25, 0.75, 0.75, 0.25]],
  ['oneHot of whole numbers', () => tf.oneHot(ints([1, 0]), 2, 7, 2, 'int32'), 'int32', [2, 7, 7, 2]],
  ['cast to bools', () => tf.cast(ints([256, 2, 0, -1]), 'bool'), 'bool', [1, 1, 0, 1]],
  ['cast of fractions to bools', () => tf.cast(tf.tensor1d([0.5, 0, -0.25]), 'bool'), 'bool', [1, 0, 1]],
  ['reverse of bools', () => tf.reverse(bools([1, 0, 1, 1, 0]), 0), 'bool', [0, 1, 1, 0, 1]],
  ['where of bools', () => tf.where(bools([1, 0, 0, 1]), bools([1, 1, 0, 0]), bools([0, 0, 1, 1])), 'bool', [1, 0, 1, 0]],
  ['clipByValue of whole numbers', () => tf.clipByValue(ints([-5, 1, 9]), 0, 3), 'int32', [0, 1, 3]],
  ['stridedSlice of whole numbers', () => tf.stridedSlice(ints([1, 2, 3, 4, 5]), [0], [5], [2]), 'int32', [1, 3, 5]],
  ['isNaN of whole numbers', () => tf.isNaN(ints([-1, 0, 3])), 'bool', [0, 0, 0]],
  ['isFinite of whole numbers', () => tf.isFinite(ints([-1, 0, 3])), 'bool', [1, 1, 1]],
  ['floorDiv', () => tf.floorDiv(ints([7, -7]), ints([2, 2])), 'int32', [3, -4]],
  ['unsortedSegmentSum', () => tf.unsortedSegmentSum(tf.tensor1d([1, 2, 4]), ints([1, 0, 1]) as tf.Tensor1D, 3), 'float32', [2, 5, 0]],
]

describe("kernels that TF.js's wasm backend lacks or computes wrongly", () => {
  it.each(cases)('%s', (_, compute, dtype, values) => {
    const result = tf.tidy(compute)
    expect([...result.dataSync()]).toEqual(values)
    expect(result.dtype).toBe(dtype)
    result.dispose()
  })
})
