import { namedParameters } from '@parlance/nn'
import { Random, tf, useDevice } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { ConvolutionModule } from './convolution-module.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

/** sin(k), sin(2k), … */
function sines(shape: readonly number[], k: number): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1)
  return tf.tensor(Float32Array.from({ length: size }, (_, i) => Math.sin((i + 1) * k)), [...shape])
}

/** By name, the k of each parameter. */
const FACTORS: Record<string, number> = {
  'pointwise_in.weight': 0.3, 'pointwise_in.bias': 0.4, 'depthwise.weight': 0.5, 'depthwise.bias': 0.6,
  'norm.weight': 0.8, 'norm.bias': 0.9, 'pointwise_out.weight': 1.1, 'pointwise_out.bias': 1.2,
}

// PyTorch 1.13 of the same weights and x = sines([1, 5, 4], 0.7): F.glu(Conv1d(4, 8, 1)) → F.pad by (2, 0) or (1, 1) →
// Conv1d(4, 4, 3, groups=4) → LayerNorm(4) → F.silu → Conv1d(4, 4, 1).
const EXPECTED = {
  causal: [
    3.264407, 0.227455, -2.499513, 0.716206, 2.962912, 1.29541, -2.854453, -0.133579, 3.309001, 1.104948,
    -3.083472, 0.197653, 3.108335, 1.508192, -3.130666, -0.176582, 3.507321, 0.968463, -3.1979, 0.404472,
  ],
  full: [
    2.962912, 1.29541, -2.854453, -0.133579, 3.309001, 1.104948, -3.083472, 0.197653, 3.108335, 1.508192,
    -3.130666, -0.176582, 3.507321, 0.968463, -3.1979, 0.404472, 3.156454, 0.886526, -2.796669, 0.239787,
  ],
}

describe('ConvolutionModule', () => {
  it.each(['causal', 'full'] as const)('agrees with PyTorch: %s', (kind) => {
    const module = new ConvolutionModule({ width: 4, kernel: 3, causal: kind === 'causal', random: new Random(1) })
    const got = tf.tidy(() => {
      for (const [name, variable] of namedParameters(module)) variable.assign(sines(variable.shape, FACTORS[name] as number))
      return [...module.convolve(module.gate(sines([1, 5, 4], 0.7))).dataSync()]
    })
    expect(got).toHaveLength(20)
    for (const [i, value] of EXPECTED[kind].entries()) expect(Math.abs(value - (got[i] as number))).toBeLessThan(1e-5)
  })
})
