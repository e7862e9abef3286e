import { describe, expect, it } from 'vitest'
import { fitPlatt, plattProbability } from './platt.js'

describe('fitPlatt', () => {
  it('finds what PyTorch finds', () => {
    // torch 1.13, float64: LBFGS with strong_wolfe on binary_cross_entropy_with_logits(−(a s + b), smoothed targets).
    const scores = Array.from({ length: 30 }, (_, i) => 3 * Math.sin(2.1 * i))
    const labels = scores.map((_, i) => Math.sin(2.1 * i) + 0.8 * Math.sin(3.3 * i) > 0.1)
    const { a, b } = fitPlatt(scores, labels)
    expect(a).toBeCloseTo(-0.8965642012800821, 6)
    expect(b).toBeCloseTo(0.3151385134508923, 6)
  })

  it('gives two scores the mean of their smoothed targets', () => {
    // Four negatives and one positive at 0, one and four at 2: targets 1/7 and 6/7.
    const scores = [0, 0, 0, 0, 0, 2, 2, 2, 2, 2]
    const fit = fitPlatt(scores, [0, 0, 0, 0, 1, 1, 1, 1, 1, 0])
    expect(plattProbability(fit, 0)).toBeCloseTo((4 / 7 + 6 / 7) / 5, 7)
    expect(plattProbability(fit, 2)).toBeCloseTo((1 / 7 + 24 / 7) / 5, 7)
  })

  it('stays finite where a threshold separates the classes, and at any score', () => {
    const fit = fitPlatt([-1000, -500, 500, 1000], [0, 0, 1, 1])
    expect(Number.isFinite(fit.a) && Number.isFinite(fit.b)).toBe(true)
    expect(plattProbability(fit, 1000)).toBeGreaterThan(0.7)
    expect(plattProbability(fit, -1000)).toBeLessThan(0.3)
    expect(plattProbability({ a: -1, b: 0 }, -1e6)).toBe(0)
    expect(plattProbability({ a: -1, b: 0 }, 1e6)).toBe(1)
  })

  it('takes the smoothed prior when all labels are one', () => {
    expect(plattProbability(fitPlatt([1, 2, 3], [1, 1, 1]), 2)).toBeCloseTo(4 / 5, 6)
  })

  it('rejects sizes and scores that do not fit', () => {
    expect(() => fitPlatt([], [])).toThrow('got 0 scores and 0 labels')
    expect(() => fitPlatt([1], [1, 0])).toThrow('got 1 scores and 2 labels')
    expect(() => fitPlatt([1, Infinity], [1, 0])).toThrow('finite, got Infinity at 1')
  })
})
