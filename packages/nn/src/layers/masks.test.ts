import { tf } from '@parlance/runtime'
import { beforeAll, expect, it } from 'vitest'
import { useTestDevice } from '../testing.js'
import { causalMask, lengthMask, paddingMask } from './masks.js'

beforeAll(useTestDevice)

/** 1 where a mask hides, 0 where it adds nothing. */
function hidden(mask: tf.Tensor): number[] {
  return [...mask.dataSync()].map((value) => (value === 0 ? 0 : value === -1e9 ? 1 : Number.NaN))
}

it('hides later keys', () => {
  expect(causalMask(3).shape).toEqual([3, 3])
  expect(hidden(causalMask(3))).toEqual([0, 1, 1, 0, 0, 1, 0, 0, 0])
})

it('aligns the last query with the last key', () => {
  expect(hidden(causalMask(2, 4))).toEqual([0, 0, 0, 1, 0, 0, 0, 0])
})

it('hides padding, from flags of any type or from lengths', () => {
  const keep = lengthMask(tf.tensor1d([2, 0, 3], 'int32'), 3)
  expect(keep.dtype).toBe('int32')
  expect([...keep.dataSync()]).toEqual([1, 1, 0, 0, 0, 0, 1, 1, 1])
  for (const flags of [keep, tf.cast(keep, 'float32'), tf.cast(keep, 'bool')]) {
    expect(paddingMask(flags).shape).toEqual([3, 1, 1, 3])
    expect(hidden(paddingMask(flags))).toEqual([0, 0, 1, 1, 1, 1, 0, 0, 0])
  }
})

it('rejects flags and lengths of other ranks', () => {
  expect(() => paddingMask(tf.zeros([3]))).toThrow('A padding mask (N, keys) must have 2 axes, got shape [3]')
  expect(() => lengthMask(tf.zeros([3, 1], 'int32'), 3)).toThrow('Lengths (N) must have 1 axes')
})
