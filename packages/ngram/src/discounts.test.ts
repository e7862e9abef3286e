import { describe, expect, it } from 'vitest'
import { estimateDiscounts } from './discounts.js'

/** `n[r]` counts of r each. */
const counts = (n: Record<number, number>): number[] =>
  Object.entries(n).flatMap(([r, size]) => new Array<number>(size).fill(Number(r)))

describe('estimateDiscounts', () => {
  it('follows Chen & Goodman', () => {
    // Y = 10 / 18; D1 = 1 - 2Y 4/10, D2 = 2 - 3Y 2/4, D3+ = 3 - 4Y 1/2
    const [one, two, more] = estimateDiscounts(counts({ 0: 5, 1: 10, 2: 4, 3: 2, 4: 1, 9: 3 }))
    expect(one).toBeCloseTo(10 / 18, 12)
    expect(two).toBeCloseTo(2 - 1.5 * 10 / 18, 12)
    expect(more).toBeCloseTo(3 - 2 * 10 / 18, 12)
  })

  it('falls back where they are undefined or out of range', () => {
    expect(estimateDiscounts([])).toEqual([0.5, 1, 1.5])
    expect(estimateDiscounts(counts({ 1: 10 }))).toEqual([0.5, 1, 1.5])
    expect(estimateDiscounts(counts({ 2: 10, 3: 1 }))).toEqual([0.5, 1, 1.5])
    // KenLM's issue 424, where lmplz reports -0.6 for counts of 2.
    expect(estimateDiscounts(counts({ 1: 13, 2: 1, 3: 1, 4: 1 }))).toEqual([0.5, 1, 1.5])
  })
})
