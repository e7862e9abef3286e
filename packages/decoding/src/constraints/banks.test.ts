import { describe, expect, it } from 'vitest'
import { bankSlots } from './banks.js'

describe('bankSlots', () => {
  it('shares equally, the remainder to most tokens met', () => {
    expect(bankSlots([9, 9, 9], 6)).toEqual([2, 2, 2])
    expect(bankSlots([9, 9, 9], 8)).toEqual([2, 2, 4])
    expect(bankSlots([9, 9, 9], 2)).toEqual([0, 0, 2])
  })

  it('gives away what a bank cannot fill', () => {
    expect(bankSlots([9, 1, 0], 6)).toEqual([5, 1, 0])
    expect(bankSlots([9, 9, 0], 6)).toEqual([2, 4, 0])
    expect(bankSlots([1, 1, 1], 6)).toEqual([1, 1, 1])
  })
})
