import { describe, expect, it } from 'vitest'
import { Random } from './random.js'

describe('Random', () => {
  it('repeats for a seed and differs between seeds', () => {
    const draw = (seed: number) => {
      const random = new Random(seed)
      return Array.from({ length: 5 }, () => random.bits())
    }
    expect(draw(7)).toEqual(draw(7))
    const seeds = [0, 1, -1, 2 ** 32, 2 ** 32 + 1, 2 ** 40]
    expect(new Set(seeds.map((seed) => draw(seed).join())).size).toBe(seeds.length)
  })

  it('has the moments of the uniform distribution', () => {
    const random = new Random(1)
    const count = 20_000
    const uniform = Array.from({ length: count }, () => random.uniform())
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length
    // Four standard errors.
    expect(Math.abs(mean(uniform) - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / count))
    // The variance of (x - 1/2)² is 1/180.
    expect(Math.abs(mean(uniform.map((x) => (x - 0.5) ** 2)) - 1 / 12)).toBeLessThan(4 * Math.sqrt(1 / 180 / count))
  })

  it("draws by Zipf's law", () => {
    const random = new Random(2)
    const counts = [0, 0, 0]
    for (let i = 0; i < 13_000; i++) counts[random.pickZipf([0, 1, 2])]!++
    // 1/2 : 1/3 : 1/4 of 13,000.
    for (const [i, wanted] of [6000, 4000, 3000].entries()) expect(Math.abs(counts[i]! - wanted)).toBeLessThan(250)
  })

  it.each([1.5, Number.NaN, 2 ** 60])('rejects the seed %d', (seed) => {
    expect(() => new Random(seed)).toThrow(/the seed must be an integer, got/)
  })
})
