import { tf } from '@parlance/runtime'
import { beforeAll, expect, it } from 'vitest'
import { difference, useTestDevice } from '../testing.js'
import { sinusoidalPositions } from './positions.js'

beforeAll(useTestDevice)

it('alternates sines and cosines of falling rates', () => {
  const wanted = [0, 1, 7, 500].flatMap((position) =>
    [0, 1, 2].flatMap((i) => [Math.sin(position / 10000 ** (i / 3)), Math.cos(position / 10000 ** (i / 3))]),
  )
  const table = sinusoidalPositions(tf.tensor1d([0, 1, 7, 500], 'int32'), 6)
  expect(table.shape).toEqual([4, 6])
  expect(difference(table, wanted)).toBeLessThan(2e-5)
})

it('rejects an odd width', () => {
  expect(() => sinusoidalPositions(tf.zeros([2], 'int32'), 5)).toThrow('must be even, got 5')
})
