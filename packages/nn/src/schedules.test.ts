import { describe, expect, it } from 'vitest'
import { constantSchedule, cosineSchedule, inverseSquareRootSchedule, linearSchedule } from './schedules.js'

describe('schedules', () => {
  it('stays constant', () => {
    const schedule = constantSchedule(0.3)
    expect([1, 50, 1e6].map(schedule)).toEqual([0.3, 0.3, 0.3])
  })

  it('warms up and falls along a cosine to the floor', () => {
    const schedule = cosineSchedule({ peak: 1, warmupSteps: 4, totalSteps: 12, floor: 0.1 })
    expect([1, 2, 4].map(schedule)).toEqual([0.25, 0.5, 1])
    expect(schedule(6)).toBeCloseTo(0.1 + 0.9 * (0.5 + Math.SQRT1_2 / 2), 12)
    expect(schedule(8)).toBeCloseTo(0.55, 12)
    expect([12, 13, 1000].map(schedule)).toEqual([0.1, 0.1, 0.1])
  })

  it('falls along a line', () => {
    const schedule = linearSchedule({ peak: 2, totalSteps: 10 })
    for (const [step, rate] of [[1, 1.8], [5, 1], [9, 0.2], [10, 0], [11, 0]] as const) {
      expect(schedule(step)).toBeCloseTo(rate, 12)
    }
    const warmed = linearSchedule({ peak: 2, warmupSteps: 5, totalSteps: 10, floor: 1 })
    expect([1, 5, 10].map(warmed)).toEqual([0.4, 2, 1])
    expect(warmed(6)).toBeCloseTo(1.8, 12)
  })

  it('follows equation 3 of Vaswani et al.', () => {
    const [width, warmupSteps] = [512, 4000]
    const schedule = inverseSquareRootSchedule({ peak: 1 / Math.sqrt(width * warmupSteps), warmupSteps })
    for (const step of [1, 100, 4000, 4001, 100_000]) {
      expect(schedule(step)).toBeCloseTo(width ** -0.5 * Math.min(step ** -0.5, step * warmupSteps ** -1.5), 15)
    }
  })

  it('warms up over the whole training when told so', () => {
    const schedule = linearSchedule({ peak: 1, warmupSteps: 2, totalSteps: 2 })
    expect([1, 2].map(schedule)).toEqual([0.5, 0])
  })

  it('refuses what makes no sense', () => {
    expect(() => constantSchedule(-1)).toThrow('learning rate must be 0 or more, got -1')
    expect(() => cosineSchedule({ peak: 1, totalSteps: 0 })).toThrow('total steps must be a whole number of 1 or more')
    expect(() => cosineSchedule({ peak: 1, totalSteps: 5, warmupSteps: 6 })).toThrow('longer than the whole training')
    expect(() => linearSchedule({ peak: 1, totalSteps: 5, floor: 2 })).toThrow('above its peak')
    expect(() => inverseSquareRootSchedule({ peak: 1, warmupSteps: 0 })).toThrow('whole number of 1 or more, got 0')
  })
})
