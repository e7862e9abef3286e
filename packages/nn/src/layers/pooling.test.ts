import { tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkGradients } from '../gradient-check.js'
import { example, useTestDevice } from '../testing.js'
import { maskedMax, maskedMean } from './pooling.js'

beforeAll(useTestDevice)

describe('pooling', () => {
  const x = (): tf.Tensor => tf.tensor3d([1, -2, 3, -4, 100, Number.NaN, 5, 6, 7, 8, 9, 10], [2, 3, 2])
  const keep = (): tf.Tensor => tf.tensor2d([1, 1, 0, 0, 0, 0], [2, 3], 'int32')

  it('takes the positions that count, whatever the others hold; zero where none does', () => {
    expect([...maskedMean(x(), keep()).dataSync()]).toEqual([2, -3, 0, 0])
    expect([...maskedMax(x(), keep()).dataSync()]).toEqual([3, -2, 0, 0])
  })

  it('has gradients that agree with differences', async () => {
    const values = example([2, 3, 4])
    expect(await checkGradients(() => maskedMean(values, keep()), [values])).toBeLessThan(1e-3)
    // Far enough apart that no step makes another value the greatest.
    const apart = tf.variable(tf.tensor3d([0.1, 0.9, 0.5, 0.2, 3, 3, 1, 1, 1, 1, 1, 1], [2, 3, 2]))
    expect(await checkGradients(() => maskedMax(apart, keep()), [apart])).toBeLessThan(1e-3)
  })

  it('rejects a mask of another shape', () => {
    expect(() => maskedMean(x(), tf.zeros([2, 2]))).toThrow('needs a mask (2, 3), got shape [2, 2]')
  })
})
