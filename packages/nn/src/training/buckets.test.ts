import { describe, expect, it } from 'vitest'
import { chooseLengths, geometricLengths, groupByLength, padRows } from './buckets.js'

describe('chooseLengths', () => {
  /** The least padded total of any choice of lengths that includes the longest. */
  function leastTotal(lengths: readonly number[], count: number): number {
    const distinct = [...new Set(lengths)].sort((a, b) => a - b)
    const longest = distinct.at(-1)!
    let least = Infinity
    for (let subset = 0; subset < 2 ** (distinct.length - 1); subset++) {
      const chosen = distinct.filter((length, i) => length === longest || (subset >> i) & 1)
      if (chosen.length <= count) least = Math.min(least, padded(lengths, chosen))
    }
    return least
  }
  const padded = (lengths: readonly number[], chosen: readonly number[]) =>
    lengths.reduce((sum, length) => sum + chosen.find((bucket) => bucket >= length)!, 0)

  it.each([1, 2, 3, 4, 20])('wastes as little as the best of all choices of %i', (count) => {
    const lengths = [3, 3, 3, 4, 5, 5, 7, 9, 9, 9, 9, 12, 13, 20, 41]
    const chosen = chooseLengths(lengths, count)
    expect(chosen.length).toBeLessThanOrEqual(count)
    expect(padded(lengths, chosen)).toBe(leastTotal(lengths, count))
  })

  it('gives multiples, the best among multiples', () => {
    const lengths = [3, 3, 5, 8, 9, 17, 30]
    const chosen = chooseLengths(lengths, 3, 4)
    expect(chosen).toEqual([8, 20, 32])
    expect(padded(lengths, chosen)).toBe(leastTotal(lengths.map((length) => Math.ceil(length / 4) * 4), 3))
  })

  it('says which numbers cannot be', () => {
    expect(() => chooseLengths([3, 0], 2)).toThrow('The length of a sequence must be a whole number of 1 or more, got 0.')
    expect(() => chooseLengths([3], 0)).toThrow('The number of lengths must be a whole number of 1 or more, got 0.')
    expect(() => chooseLengths([3], 1, 1.5)).toThrow('What lengths are multiples of must be a whole number of 1 or more, got 1.5.')
    expect(chooseLengths([], 3)).toEqual([])
  })
})

describe('geometricLengths', () => {
  it.each([[1, 1, 2], [1, 7, 1.1], [5, 1000, 1.25], [64, 64, 3], [3, 4, 100]])('from %i to %i by %f: bounded padding, bounded number', (shortest, longest, ratio) => {
    const lengths = geometricLengths(shortest, longest, ratio)
    expect([lengths[0], lengths.at(-1)]).toEqual([shortest, longest])
    for (const [i, length] of lengths.slice(1).entries()) {
      const before = lengths[i] as number
      expect(length).toBeGreaterThan(before)
      // Where a ratio is less than a step of one, the step is one.
      expect(length).toBeLessThanOrEqual(Math.max(before + 1, before * ratio))
    }
    // Steps of at least one, and of the ratio once rounding down costs less than half of what it gains.
    expect(lengths.length).toBeLessThanOrEqual(2 + 2 / (ratio - 1) + Math.log(longest / shortest) / Math.log(1 + (ratio - 1) / 2))
  })

  it('says which numbers cannot be', () => {
    expect(() => geometricLengths(0, 5)).toThrow('got 0')
    expect(() => geometricLengths(6, 5)).toThrow('The longest length, 5, is less than the shortest, 6.')
    expect(() => geometricLengths(1, 5, 1)).toThrow('The ratio between lengths must be greater than 1, got 1.')
  })
})

describe('groupByLength and padRows', () => {
  it('put each sequence into the first bucket that holds it, padded', () => {
    const sequences = [[1], [2, 2, 2], [3, 3], [4, 4, 4, 4], [5, 5, 5]]
    const lengths = sequences.map(({ length }) => length)
    const groups = groupByLength(lengths, [2, 3, 6])
    expect(groups).toEqual([Int32Array.of(0, 2), Int32Array.of(1, 4), Int32Array.of(3)])
    const rows = Array.from(groups[0] as Int32Array, (i) => sequences[i] as number[])
    expect(padRows(rows, { rows: 3, length: 2, padding: -100 })).toEqual(Int32Array.of(1, -100, 3, 3, -100, -100))
    expect(padRows([[7, 8]], { length: 3, padding: 0 })).toEqual(Int32Array.of(7, 8, 0))
  })

  it('say what does not fit', () => {
    expect(() => groupByLength([2, 7], [4, 6])).toThrow('Sequence 1 has a length of 7, but the longest bucket is of 6.')
    expect(() => padRows([[1, 2]], { length: 1, padding: 0 })).toThrow('A sequence of 2 does not fit into a row of 1.')
    expect(() => padRows([[1], [2]], { rows: 1, length: 1, padding: 0 })).toThrow('2 sequences do not fit into 1 rows.')
  })
})
