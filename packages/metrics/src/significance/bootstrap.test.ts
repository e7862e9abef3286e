import { describe, expect, it } from 'vitest'
import { bootstrap, MetricError } from '../index.js'

const mean = (values: readonly number[]) => (positions: Int32Array) =>
  positions.reduce((sum, at) => sum + values[at]!, 0) / positions.length

describe('bootstrap', () => {
  it('has the width that the central limit theorem gives to a mean', () => {
    // 400 values of standard deviation 1: the standard error is 0.05 and 95% lie within 1.96 of it.
    const values = Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 1 : -1))
    const interval = bootstrap(400, mean(values), { seed: 1, samples: 4000 })
    expect(Math.abs(interval.high - 0.098)).toBeLessThan(0.01)
    expect(Math.abs(interval.low + 0.098)).toBeLessThan(0.01)
    expect(Math.abs(interval.mean)).toBeLessThan(0.005)
  })

  it('repeats with the seed and differs without', () => {
    const values = [1, 5, 2, 8, 3]
    const interval = bootstrap(5, mean(values), { seed: 7 })
    expect(bootstrap(5, mean(values), { seed: 7 })).toEqual(interval)
    expect(bootstrap(5, mean(values), { seed: 8 })).not.toEqual(interval)
  })

  it('draws every position equally often', () => {
    const drawn = new Array<number>(10).fill(0)
    bootstrap(
      10,
      (positions) => {
        for (const at of positions) drawn[at]!++
        return 0
      },
      { seed: 3, samples: 10_000 },
    )
    // Expected 10,000 each with a standard deviation of 95.
    for (const count of drawn) expect(Math.abs(count - 10_000)).toBeLessThan(400)
  })

  it('rejects what is out of range', () => {
    expect(() => bootstrap(0, () => 0, { seed: 1 })).toThrow('size must be a positive integer, got 0')
    expect(() => bootstrap(1, () => 0, { seed: 1, samples: 0 })).toThrow('samples must be a positive integer, got 0')
    expect(() => bootstrap(1, () => 0, { seed: 1, confidence: 95 })).toThrow(MetricError)
  })
})
