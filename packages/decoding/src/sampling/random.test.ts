import { describe, expect, it } from 'vitest'
import { philox, uniform } from './random.js'

describe('philox', () => {
  // Known-answer vectors of Random123 (kat_vectors, philox 4x32, 10 rounds).
  it.each([
    [[0, 0, 0, 0], [0, 0], [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]],
    [[0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF], [0xFFFFFFFF, 0xFFFFFFFF],
      [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]],
    [[0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0],
      [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]],
  ] as const)('gives the published words for counter %j', (counter, key, words) => {
    expect([...philox(counter, key)]).toEqual([...words])
  })
})

describe('uniform', () => {
  it('fills [0, 1) evenly over positions, draws, sentences and seeds', () => {
    const alongEach = [
      (i: number) => uniform(1, 2, 3, i), (i: number) => uniform(1, 2, i, 3),
      (i: number) => uniform(1, i, 2, 3), (i: number) => uniform(i, 1, 2, 3)]
    for (const draw of alongEach) {
      const bins = new Array<number>(10).fill(0)
      for (let i = 0; i < 10_000; i++) bins[Math.floor(draw(i) * 10)]!++
      const chiSquare = bins.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)
      expect(chiSquare).toBeLessThan(27.9) // 99.9th percentile, 9 degrees of freedom
    }
  })

  it('tells seeds above 2^32 apart', () => {
    expect(uniform(5, 0, 0, 0)).not.toBe(uniform(5 + 2 ** 32, 0, 0, 0))
  })
})
