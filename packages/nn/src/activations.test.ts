import { beforeAll, expect, it } from 'vitest'
import { gelu, tf } from '@parlance/runtime'

import { checkGradients } from './gradient-check.js'
import { difference, example, useTestDevice } from './testing.js'

beforeAll(useTestDevice)

it('gelu weights x by the normal distribution function', () => {
  // Φ from tables: Φ(1) = 0.8413447, Φ(2) = 0.9772499.
  const wanted = [0, 0.8413447, -0.1586553, 2 * 0.9772499, -2 * 0.0227501]
  expect(difference(gelu(tf.tensor1d([0, 1, -1, 2, -2])), wanted)).toBeLessThan(1e-6)
})

it('gelu has a gradient that agrees with differences', async () => {
  const x = example([3, 4])
  expect(await checkGradients(() => gelu(x), [x])).toBeLessThan(1e-3)
})
