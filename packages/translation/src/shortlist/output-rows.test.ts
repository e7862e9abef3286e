import { describe, expect, it } from 'vitest'
import { OutputRows } from './output-rows.js'

const rows = new OutputRows({ data: Float32Array.from({ length: 10 }, (_, i) => i), shape: [5, 2] })

describe('OutputRows', () => {
  it('gives rows in the order asked for, each batch its own', () => {
    const first = rows.take(Int32Array.of(4, 0, 4))
    const second = rows.take(Int32Array.of(1))
    expect(first).toEqual({ data: Float32Array.of(8, 9, 0, 1, 8, 9), shape: [3, 2] })
    expect(second).toEqual({ data: Float32Array.of(2, 3), shape: [1, 2] })
    rows.giveBack(second)
    rows.giveBack(first)
  })

  it('uses the memory of batches before where it suffices', () => {
    const before = rows.take(Int32Array.of(0, 1, 2))
    rows.giveBack(before)
    const smaller = rows.take(Int32Array.of(3, 2))
    expect(smaller.data.buffer).toBe(before.data.buffer)
    expect(smaller).toEqual({ data: Float32Array.of(6, 7, 4, 5), shape: [2, 2] })
    rows.giveBack(smaller)
    const whole = rows.take(Int32Array.of(4, 3, 2, 1, 0))
    expect(whole.data).toEqual(Float32Array.of(8, 9, 6, 7, 4, 5, 2, 3, 0, 1))
  })
})
