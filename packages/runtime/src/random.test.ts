import { describe, expect, it } from 'vitest'
import { philox, Random } from './random.js'

describe('philox', () => {
  // Known-answer vectors of the authors' Random123 library for philox4x32-10.
  const F = 0xffffffff
  const cases: [number[], number[], number[]][] = [
    [[0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    [[F, F, F, F], [F, F], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ]
  it.each(cases)('counter %j under key %j', (counter, key, expected) => {
    const out = new Uint32Array(4)
    philox(counter, key, out)
    expect([...out]).toEqual(expected)
  })
})

describe('Random', () => {
  it('repeats for the same seed and path and differs for others', () => {
    const draw = (...args: ConstructorParameters<typeof Random>) => [...new Random(...args).uniform(8)]
    expect(draw(1, 'a', 2)).toEqual(draw(1, 'a', 2))
    expect(draw(1, 'a', 2)).not.toEqual(draw(2, 'a', 2))
    expect(draw(1, 'a', 2)).not.toEqual(draw(1, 'a', 3))
    expect(draw(1, 'a', 2)).not.toEqual(draw(1, 'a2'))
    expect(draw(1)).not.toEqual(draw(1 + 2 ** 32))
  })

  it('draws normal values of the moments asked for', () => {
    const n = 200_000
    const values = new Random(7).normal(n, 1, 2)
    const mean = values.reduce((a, b) => a + b) / n
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / n
    const fourth = values.reduce((a, b) => a + ((b - mean) / 2) ** 4, 0) / n
    expect(mean).toBeCloseTo(1, 1)
    expect(Math.abs(variance - 4)).toBeLessThan(0.06)
    expect(Math.abs(fourth - 3)).toBeLessThan(0.1)
  })

  it('draws integers without bias: chi-square of 12 cells', () => {
    const random = new Random(3)
    const counts = new Float64Array(12)
    for (let i = 0; i < 120_000; i++) counts[random.integer(12)]! += 1
    const chiSquare = counts.reduce((sum, c) => sum + (c - 10_000) ** 2 / 10_000, 0)
    expect(chiSquare).toBeLessThan(31.3) // the 0.1% point with 11 degrees of freedom
  })

  it('permutes', () => {
    const order = new Random(5).permutation(1000)
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
    expect([...order.subarray(0, 5)]).not.toEqual([0, 1, 2, 3, 4])
  })

  it('rejects a seed that is no whole number', () => {
    expect(() => new Random(1.5)).toThrow('A seed must be a whole number of 0 or more, got 1.5')
    expect(() => new Random(1).integer(0)).toThrow('whole number in 1…2³², got 0')
  })
})
