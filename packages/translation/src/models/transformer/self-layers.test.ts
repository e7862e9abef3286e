import { inference, initializers, namedParameters } from '@parlance/nn'
import { Random, tf, useDevice } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { perturb } from '../testing.js'
import { AverageAttention } from './average-attention.js'
import type { SelfLayer } from './self-layer.js'
import { SSRU } from './ssru.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

const [length, width] = [9, 4]
const options = { width, heads: 1, dropout: 0, initializer: initializers.normal(1), random: new Random(2) }
const x = new Random(5).normal(length * width)
const row = (t: number): number[] => [...x.subarray(t * width, (t + 1) * width)]
const sigmoid = (v: number) => 1 / (1 + Math.exp(-v))

/** W x (+ b) in float64, of a parameter's name without `.weight`. */
function product(layer: SelfLayer, name: string, x: readonly number[]): number[] {
  const parameters = namedParameters(layer)
  const weight = parameters.get(`${name}.weight`)?.arraySync() as number[][]
  const bias = parameters.get(`${name}.bias`)?.arraySync() as number[] | undefined
  return weight.map((weights, i) => weights.reduce((sum, w, j) => sum + w * (x[j] as number), bias?.[i] ?? 0))
}

/** float32 against float64, values of about 2 */
function expectRows(layer: SelfLayer, wanted: number[][]): void {
  const got = layer.forward(tf.tensor3d(x, [1, length, width]), inference).dataSync()
  for (const [i, value] of wanted.flat().entries()) expect(Math.abs((got[i] as number) - value)).toBeLessThan(2e-6)
}

describe('SSRU', () => {
  it('is the loop of its definition', () => {
    const layer = perturb(new SSRU(options))
    let cell = new Array<number>(width).fill(0)
    const wanted = Array.from({ length }, (_, t) => {
      const forget = product(layer, 'forget', row(t)).map(sigmoid)
      const input = product(layer, 'input', row(t))
      cell = cell.map((c, i) => (forget[i] as number) * c + (1 - (forget[i] as number)) * (input[i] as number))
      return cell.map((c) => Math.max(c, 0))
    })
    expectRows(layer, wanted)
  })
})

describe('AverageAttention', () => {
  it('is the loop of its definition', () => {
    const layer = perturb(new AverageAttention(options))
    const sum = new Array<number>(width).fill(0)
    const wanted = Array.from({ length }, (_, t) => {
      const now = row(t)
      for (const [i, value] of now.entries()) sum[i] = (sum[i] as number) + value
      const mean = sum.map((total) => total / (t + 1))
      const gates = product(layer, 'gate', [...now, ...mean]).map(sigmoid)
      return now.map((value, i) => (gates[i] as number) * value + (gates[width + i] as number) * (mean[i] as number))
    })
    expectRows(layer, wanted)
  })
})
