import { assert, constant, integer, property, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scoringWindows, windowRows } from './windows.js'

describe('scoringWindows', () => {
  it('cuts a text into windows that do not overlap', () => {
    expect([...scoringWindows(9, { context: 4, stride: 4 })]).toEqual([
      { start: 0, end: 4, scoredFrom: 1 },
      { start: 4, end: 8, scoredFrom: 5 },
    ])
    expect([...scoringWindows(10, { context: 4, stride: 4 })].at(-1)).toEqual({ start: 8, end: 9, scoredFrom: 9 })
    expect([...scoringWindows(1, { context: 4, stride: 4 })]).toEqual([])
  })

  it('scores every token but the first once, with enough before it', () => {
    const sizes = integer({ min: 1, max: 12 }).chain((context) => tuple(constant(context), integer({ min: 1, max: context })))
    assert(
      property(integer({ min: 0, max: 60 }), sizes, (length, [context, stride]) => {
        const scored: number[] = []
        for (const [i, window] of [...scoringWindows(length, { context, stride })].entries()) {
          expect(window.end - window.start).toBeLessThanOrEqual(context)
          expect(window.end).toBeLessThan(length)
          for (let at = window.scoredFrom; at <= window.end; at++) {
            scored.push(at)
            if (i > 0) expect(at - window.start).toBeGreaterThanOrEqual(context - stride + 1)
          }
        }
        expect(scored).toEqual(Array.from({ length: Math.max(0, length - 1) }, (_, i) => i + 1))
      }),
    )
  })

  it('says what cannot be', () => {
    const first = (context: number, stride: number) => scoringWindows(9, { context, stride }).next()
    expect(() => first(0, 1)).toThrow('The context must be a whole number of 1 or more, got 0.')
    expect(() => first(4, 5)).toThrow('The stride must be a whole number from 1 to the context of 4, got 5.')
  })
})

describe('windowRows', () => {
  it('puts each target under the token before it', () => {
    const tokens = Int32Array.of(10, 11, 12, 13, 14, 15)
    const windows = [...scoringWindows(6, { context: 4, stride: 2 })]
    const { ids, targets } = windowRows(tokens, windows, { context: 4, rows: 3 })
    expect([...ids]).toEqual([10, 11, 12, 13, 12, 13, 14, 0, 0, 0, 0, 0])
    expect([...targets]).toEqual([11, 12, 13, 14, -100, -100, 15, -100, -100, -100, -100, -100])
  })
})
