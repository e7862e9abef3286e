import { describe, expect, it } from 'vitest'
import { areaUnderCurve } from './area-under-curve.js'

describe('areaUnderCurve', () => {
  it('is the share of pairs in the right order, equal ones half', () => {
    const scores = [0.9, 0.4, 0.4, 0.7, 0.1, 0.4, 0.95]
    const positive = [true, true, false, false, false, true, true]
    let right = 0
    let pairs = 0
    for (const [i, a] of scores.entries()) for (const [j, b] of scores.entries()) {
      if (!positive[i] || positive[j]) continue
      pairs++
      right += a > b ? 1 : a === b ? 0.5 : 0
    }
    expect(areaUnderCurve(scores.map((score, i) => ({ score, positive: positive[i] as boolean })))).toBe(right / pairs)
  })

  it('needs items of both kinds', () => {
    expect(areaUnderCurve([])).toBeUndefined()
    expect(areaUnderCurve([{ score: 1, positive: true }])).toBeUndefined()
  })
})
