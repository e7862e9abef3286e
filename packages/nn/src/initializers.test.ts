import { Random } from '@parlance/runtime'
import { describe, expect, it } from 'vitest'
import { type Initializer, kaimingUniform, normal, ones, orthogonal, uniform, xavierUniform, zeros } from './initializers.js'

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

describe('initializers', () => {
  it('fill the bounds of their papers', () => {
    expectFilled(draw(uniform(0.5), [30, 20]), 0.5)
    expectFilled(draw(xavierUniform(), [30, 20]), Math.sqrt(6 / 50))
    expectFilled(draw(xavierUniform(2), [6, 5, 3, 4]), 2 * Math.sqrt(6 / (60 + 72)))
    expectFilled(draw(kaimingUniform(), [30, 20]), Math.sqrt(6 / 20))
    expectFilled(draw(kaimingUniform(1), [30, 5, 4]), Math.sqrt(3 / 20))
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
