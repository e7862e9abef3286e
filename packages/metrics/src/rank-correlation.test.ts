import { describe, expect, it } from 'vitest'
import { spearman } from './rank-correlation.js'

describe('spearman', () => {
  it('is 1 − 6 Σd² / n(n² − 1) without equal values', () => {
    // d = 0, 1, −1, 1, −1, 0
    expect(spearman([10, 20, 30, 40, 50, 60], [1, 3, 2, 5, 4, 6])).toBeCloseTo(1 - (6 * 4) / (6 * 35), 12)
    expect(spearman([1, 2, 3], [-1, -20, -21])).toBeCloseTo(-1, 12)
  })

  it('gives equal values their mean rank', () => {
    // scipy.stats.spearmanr([1, 2, 2, 4, 5, .5, 2], [3, 1, 4, 1, 5, 9, 2])
    expect(spearman([1, 2, 2, 4, 5, 0.5, 2], [3, 1, 4, 1, 5, 9, 2])).toBeCloseTo(-0.2991830368027063, 12)
    expect(spearman([1, 1, 1], [1, 2, 3])).toBeNaN()
  })

  it('says what it cannot compare', () => {
    expect(() => spearman([1, 2], [1])).toThrow('two series of one length, two values or more, got 2 and 1')
    expect(() => spearman([1], [1])).toThrow('got 1 and 1')
    expect(() => spearman([1, 2], [1, Number.NaN])).toThrow('needs numbers, got NaN at place 1')
  })
})
