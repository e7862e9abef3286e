import { describe, expect, it } from 'vitest'
import { halvingRungs, increment, stepsOf } from './rungs.js'

describe('halvingRungs', () => {
  // Hyperband, JMLR 2018, table 1: R = 81, η = 3.
  it.each([
    [81, 1, [[81, 1], [27, 3], [9, 9], [3, 27], [1, 81]]],
    [27, 3, [[27, 3], [9, 9], [3, 27], [1, 81]]],
    [9, 9, [[9, 9], [3, 27], [1, 81]]],
    [6, 27, [[6, 27], [2, 81]]],
    [5, 81, [[5, 81]]],
  ])('are those of the paper for %i trials of at least %i steps', (trials, minBudget, wanted) => {
    const rungs = halvingRungs({ trials, minBudget, maxBudget: 81 })
    expect(rungs.map((rung) => [rung.trials, rung.budget])).toEqual(wanted)
  })

  it('end at the largest budget with one trial at least, in whole steps', () => {
    for (let trials = 1; trials <= 40; trials++) {
      for (const [maxBudget, reduction] of [[1, 2], [100, 2], [1000, 3], [77, 4]] as const) {
        const rungs = halvingRungs({ trials, maxBudget, reduction })
        expect(rungs.at(-1)?.budget).toBe(maxBudget)
        expect(rungs[0]?.trials).toBe(trials)
        for (const [i, rung] of rungs.entries()) {
          expect(rung.trials).toBeGreaterThanOrEqual(1)
          expect(Number.isInteger(rung.budget) && increment(rungs, i) > 0).toBe(true)
          if (i > 0) expect(rung.trials).toBe(Math.floor((rungs[i - 1]?.trials as number) / reduction))
        }
      }
    }
  })

  it('count the steps of trials that go on once', () => {
    const rungs = halvingRungs({ trials: 9, maxBudget: 18, minBudget: 2 })
    // 9 trials to step 2, 3 of them on to 6, 1 on to 18.
    expect(stepsOf(rungs)).toBe(9 * 2 + 3 * 4 + 12)
  })

  it('refuse numbers that cannot work', () => {
    expect(() => halvingRungs({ trials: 0, maxBudget: 9 })).toThrow('The trials of a search must be a whole number of 1 or more, got 0')
    expect(() => halvingRungs({ trials: 3, maxBudget: 9.5 })).toThrow('The largest budget of a search')
    expect(() => halvingRungs({ trials: 3, maxBudget: 9, minBudget: 0 })).toThrow('The least budget of a search')
    expect(() => halvingRungs({ trials: 3, maxBudget: 9, minBudget: 10 })).toThrow('must be at most the largest, 9, got 10')
    expect(() => halvingRungs({ trials: 3, maxBudget: 9, reduction: 1 })).toThrow('whole number of 2 or more, got 1')
  })
})
