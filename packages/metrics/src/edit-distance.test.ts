import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { align, countEdits } from './index.js'

const errors = (a: string, b: string): number => {
  const { substitutions, deletions, insertions } = countEdits([...a], [...b])
  return substitutions + deletions + insertions
}

/** The recursive definition. */
function naiveDistance(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length
  const change = a[0] === b[0] ? 0 : 1
  return Math.min(
    naiveDistance(a.slice(1), b) + 1,
    naiveDistance(a, b.slice(1)) + 1,
    naiveDistance(a.slice(1), b.slice(1)) + change,
  )
}

describe('countEdits', () => {
  it('equals textbook distances', () => {
    expect(errors('kitten', 'sitting')).toBe(3)
    expect(errors('saturday', 'sunday')).toBe(3)
    // Jurafsky & Martin's example costs 5 with substitutions at 1.
    expect(errors('intention', 'execution')).toBe(5)
    expect(countEdits([], ['a', 'b'])).toEqual({ hits: 0, substitutions: 0, deletions: 0, insertions: 2 })
    expect(countEdits(['a'], [])).toEqual({ hits: 0, substitutions: 0, deletions: 1, insertions: 0 })
    expect(countEdits([], [])).toEqual({ hits: 0, substitutions: 0, deletions: 0, insertions: 0 })
  })

  it('equals the recursive definition', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 })
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(errors(a, b)).toBe(naiveDistance(a, b))
      }),
    )
  })

  it('counts the steps of the alignment, which uses every item once and in order', () => {
    const items = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 })
    fc.assert(
      fc.property(items, items, (reference, hypothesis) => {
        const steps = align(reference, hypothesis)
        const count = (type: string): number => steps.filter((step) => step.type === type).length
        expect(countEdits(reference, hypothesis)).toEqual({
          hits: count('hit'),
          substitutions: count('substitution'),
          deletions: count('deletion'),
          insertions: count('insertion'),
        })
        expect(steps.flatMap((step) => ('reference' in step ? [step.reference] : []))).toEqual([...reference.keys()])
        expect(steps.flatMap((step) => ('hypothesis' in step ? [step.hypothesis] : []))).toEqual([...hypothesis.keys()])
        for (const step of steps) {
          if (step.type !== 'hit' && step.type !== 'substitution') continue
          expect(reference[step.reference] === hypothesis[step.hypothesis]).toBe(step.type === 'hit')
        }
      }),
      { numRuns: 500 },
    )
  })
})
