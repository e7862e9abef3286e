import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/layers.json' with { type: 'json' }
import { checkGradients } from '../gradient-check.js'
import { namedParameters } from '../module.js'
import { difference, example, knownDifference, useTestDevice } from '../testing.js'
import { GatedFeedForward, glu } from './gating.js'

beforeAll(useTestDevice)

const options = { width: 4, hidden: 3, random: new Random(1) }

describe('gating', () => {
  it('agrees with PyTorch: GLU, SwiGLU and GEGLU, outputs and gradients', () => {
    expect(knownDifference(fixture.glu, undefined, (x) => glu(x))).toBeLessThan(1e-6)
    const swiglu = new GatedFeedForward(options)
    expect(knownDifference(fixture.swiglu, swiglu, (x) => swiglu.forward(x))).toBeLessThan(1e-5)
    const geglu = new GatedFeedForward({ ...options, activation: 'gelu', bias: true })
    expect(knownDifference(fixture.geglu, geglu, (x) => geglu.forward(x))).toBeLessThan(1e-5)
  })

  it('gates by ReLU where that is asked for', () => {
    expect(difference(glu(tf.tensor1d([1, 2, 3, -4]), 'relu'), [3, 0])).toBe(0)
  })

  it('has gradients that agree with differences', async () => {
    const x = example([2, 4])
    for (const gate of ['sigmoid', 'silu', 'gelu'] as const) {
      expect(await checkGradients(() => glu(x, gate), [x])).toBeLessThan(1e-3)
    }
    const layer = new GatedFeedForward(options)
    expect(await checkGradients(() => layer.forward(x), [x, ...namedParameters(layer).values()])).toBeLessThan(1e-3)
  })

  it('rejects an axis that has no halves', () => {
    expect(() => glu(tf.zeros([2, 3]))).toThrow('halves its last axis, which must be even, got 3')
  })
})
