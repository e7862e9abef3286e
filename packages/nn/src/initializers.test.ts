import { Random } from '@parlance/runtime'
import { describe, expect, it } from 'vitest'
import {
  gainOf,
  type Initializer,
  kaimingNormal,
  kaimingUniform,
  normal,
  ones,
  orthogonal,
  truncatedNormal,
  uniform,
  xavierNormal,
  xavierUniform,
  zeros,
} from './initializers.js'

const draw = (initializer: Initializer, shape: number[]): Float32Array => initializer(new Random(1), shape)

function range(values: Float32Array): { low: number; high: number } {
  return { low: values.reduce((a, b) => Math.min(a, b)), high: values.reduce((a, b) => Math.max(a, b)) }
}

function expectFilled(values: Float32Array, bound: number): void {
  const { low, high } = range(values)
  expect(high).toBeLessThanOrEqual(bound)
  expect(low).toBeGreaterThanOrEqual(-bound)
  expect(high).toBeGreaterThan(0.95 * bound)
  expect(low).toBeLessThan(-0.95 * bound)
}

/** The root of the mean square: the deviation where the mean is 0. */
function deviation(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)
}

describe('initializers', () => {
  it('fill the bounds of their papers', () => {
    expectFilled(draw(uniform(0.5), [30, 20]), 0.5)
    expectFilled(draw(xavierUniform(), [30, 20]), Math.sqrt(6 / 50))
    expectFilled(draw(xavierUniform(2), [6, 5, 3, 4]), 2 * Math.sqrt(6 / (60 + 72)))
    expectFilled(draw(kaimingUniform(), [30, 20]), Math.sqrt(6 / 20))
    expectFilled(draw(kaimingUniform(1), [30, 5, 4]), Math.sqrt(3 / 20))
    expectFilled(draw(kaimingUniform(1, 'out'), [30, 5, 4]), Math.sqrt(3 / 120))
  })

  it('have the deviations of their papers', () => {
    // 40,000 values: the deviation of an estimate of a deviation is 0.35% of it.
    expect(deviation(draw(xavierNormal(), [200, 200])) / Math.sqrt(2 / 400)).toBeCloseTo(1, 1.5)
    expect(deviation(draw(xavierNormal(3), [100, 40, 10])) / (3 * Math.sqrt(2 / 1400))).toBeCloseTo(1, 1.5)
    expect(deviation(draw(kaimingNormal(), [400, 100])) / Math.sqrt(2 / 100)).toBeCloseTo(1, 1.5)
    expect(deviation(draw(kaimingNormal(1, 'out'), [400, 50, 2])) / Math.sqrt(1 / 800)).toBeCloseTo(1, 1.5)
  })

  it('cut a normal distribution', () => {
    const values = draw(truncatedNormal(0.5), [200, 200])
    expectFilled(values, 1)
    // √(1 − 2·2·φ(2) / (2Φ(2) − 1)) = 0.87963 is the deviation of a normal one cut at ±2 (Johnson, Kotz 1970).
    expect(deviation(values) / (0.5 * 0.87963)).toBeCloseTo(1, 1.5)
    const middle = values.filter((value) => Math.abs(value) < 0.5).length / values.length
    expect(middle).toBeCloseTo(0.68269 / 0.9545, 2) // the share within ±1 of that within ±2
    expect([...values]).toEqual([...draw(truncatedNormal(0.5), [200, 200])])
    expect(() => truncatedNormal(1, 0)).toThrow('must be cut at more than 0 deviations, got 0')
  })

  it('have the gains of torch.nn.init.calculate_gain', () => {
    const names = ['linear', 'sigmoid', 'tanh', 'relu', 'selu'] as const
    expect(names.map((name) => gainOf(name))).toEqual([1, 1, 5 / 3, Math.SQRT2, 0.75])
    // torch 1.13: calculate_gain('leaky_relu'), calculate_gain('leaky_relu', 0.3)
    expect(gainOf('leakyRelu')).toBeCloseTo(1.4141428569978354, 12)
    expect(gainOf('leakyRelu', 0.3)).toBeCloseTo(1.3545709229571927, 12)
  })

  it('have the mean and deviation asked for', () => {
    const values = draw(normal(0.02), [100, 100])
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    expect(Math.abs(mean)).toBeLessThan(0.02 / 100 * 4)
    expect(Math.sqrt(variance) / 0.02).toBeCloseTo(1, 1)
    expect([...draw(zeros, [2])]).toEqual([0, 0])
    expect([...draw(ones, [2])]).toEqual([1, 1])
  })

  it.each([
    [4, 4],
    [3, 7],
    [7, 3],
  ])('orthogonal makes the fewer of %i rows and %i columns orthonormal', (rows, columns) => {
    const values = draw(orthogonal(2), [rows, columns])
    const vector = (i: number): Float32Array =>
      rows <= columns
        ? values.slice(i * columns, (i + 1) * columns)
        : values.filter((_, place) => place % columns === i)
    const count = Math.min(rows, columns)
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) {
        const product = vector(i).reduce((sum, value, k) => sum + value * (vector(j)[k] as number), 0)
        expect(product).toBeCloseTo(i === j ? 4 : 0, 5)
      }
    }
  })

  it('reject shapes without fans', () => {
    expect(() => draw(xavierUniform(), [5])).toThrow('two axes or more, got [5]')
  })
})
