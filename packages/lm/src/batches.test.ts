import { describe, expect, it } from 'vitest'
import { contiguousWindows, randomWindows } from './batches.js'

const tokens = Int32Array.from({ length: 50 }, (_, i) => i)

describe('randomWindows', () => {
  const windows = (step: number, seed = 1) => randomWindows(tokens, { batch: 4, length: 6, seed, step })

  it('takes runs of the text, by seed and step', () => {
    const rows = windows(1)
    for (let i = 0; i < rows.length; i++) if (i % 7 > 0) expect(rows[i]).toBe((rows[i - 1] as number) + 1)
    expect(windows(1)).toEqual(rows)
    expect(windows(2)).not.toEqual(rows)
    expect(windows(1, 2)).not.toEqual(rows)
  })

  it('reaches the first and the last token', () => {
    const seen = new Set(Array.from({ length: 100 }, (_, step) => [...windows(step + 1)]).flat())
    expect(seen.size).toBe(50)
  })
})

describe('contiguousWindows', () => {
  it('goes on where the last window ended, in every row, and begins anew', () => {
    const at = (step: number) => contiguousWindows(tokens, { batch: 2, length: 8, step })
    expect(at(1)).toEqual({ rows: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 25, 26, 27, 28, 29, 30, 31, 32, 33), first: true })
    expect(at(2).rows[0]).toBe(8)
    expect(at(3)).toMatchObject({ first: false })
    expect([...at(3).rows.subarray(9)]).toEqual([41, 42, 43, 44, 45, 46, 47, 48, 49])
    expect(at(4)).toEqual(at(1))
  })
})
