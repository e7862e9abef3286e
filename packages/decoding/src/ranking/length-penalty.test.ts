import { describe, expect, it } from 'vitest'
import { averageLength, gnmtLength, noLengthPenalty } from './length-penalty.js'

describe('length penalties', () => {
  it('follow their formulas', () => {
    expect(noLengthPenalty(7)).toBe(1)
    expect(averageLength()(7)).toBe(7)
    expect(averageLength(0.5)(16)).toBe(4)
    expect(gnmtLength(1)(7)).toBe(2)
    expect(gnmtLength(2)(13)).toBe(9)
    expect(gnmtLength(0)(9)).toBe(1)
  })

  it.each([-0.1, NaN, Infinity])('refuse the exponent %d', (alpha) => {
    expect(() => averageLength(alpha)).toThrow('length penalty exponent must be a finite number ≥ 0')
    expect(() => gnmtLength(alpha)).toThrow('length penalty exponent must be a finite number ≥ 0')
  })
})
