import { describe, expect, it } from 'vitest'
import { aliasTable } from './alias-table.js'

/** The distribution that a table stands for. */
function distribution(table: Uint32Array): number[] {
  const size = table.length / 2
  const shares = Array.from({ length: size }, () => 0)
  for (let i = 0; i < size; i++) {
    const own = table[2 * i]! / 2 ** 32
    shares[i]! += own / size
    shares[table[2 * i + 1]!]! += (1 - own) / size
  }
  return shares
}

describe('aliasTable', () => {
  it.each([[[1]], [[3, 1]], [[0, 5, 0, 1]], [[1, 1, 1]], [Array.from({ length: 1000 }, (_, i) => (i * 7919) % 101)]])('stands for the weights %#', (weights) => {
    const sum = weights.reduce((a, b) => a + b)
    for (const [i, share] of distribution(aliasTable(weights)).entries()) expect(share).toBeCloseTo(weights[i]! / sum, 9)
  })

  it.each([[[]], [[0, 0]], [[1, -1]], [[1, Number.NaN]], [[1, Infinity]]])('refuses %j', (weights) => {
    expect(() => aliasTable(weights)).toThrow('A distribution needs weights that are not negative and do not sum to 0.')
  })
})
