import { describe, expect, it } from 'vitest'
import { subwordBuckets, subwordRows } from './subwords.js'

/** FNV-1a in exact integers, bytes signed as fastText has them. */
function fnv(text: string): number {
  let h = 2_166_136_261n
  for (const byte of Buffer.from(text)) {
    h ^= BigInt.asUintN(32, BigInt.asIntN(8, BigInt(byte)))
    h = BigInt.asUintN(32, h * 16_777_619n)
  }
  return Number(h)
}

const ALL = 2 ** 32

describe('n-grams of a word', () => {
  it('hash as FNV-1a does', () => {
    // Published values: "a" is e40c292c, "foobar" bf9cf968.
    expect([fnv('a'), fnv('foobar')]).toEqual([0xe40c292c, 0xbf9cf968])
    expect(subwordBuckets('oo', { minN: 4, maxN: 4, buckets: ALL })).toEqual([fnv('<oo>')])
  })

  it('are those between brackets, by where they begin', () => {
    const expected = ['<wh', '<whe', 'whe', 'wher', 'her', 'here', 'ere', 'ere>', 're>'].map(fnv)
    expect(subwordBuckets('where', { minN: 3, maxN: 4, buckets: ALL })).toEqual(expected)
    expect(subwordBuckets('where', { minN: 3, maxN: 4, buckets: 7 })).toEqual(expected.map((hash) => hash % 7))
  })

  it('count characters, not bytes; a bracket alone is none', () => {
    expect(subwordBuckets('naï', { minN: 1, maxN: 2, buckets: ALL })).toEqual(['<n', 'n', 'na', 'a', 'aï', 'ï', 'ï>'].map(fnv))
    expect(subwordBuckets('</s>', { minN: 1, maxN: 2, buckets: ALL })).toEqual([])
  })

  it('follow the word in its list of rows', () => {
    const { offsets, rows, most } = subwordRows(['</s>', 'ab'], { minN: 3, maxN: 3, buckets: 10 })
    expect(Array.from(offsets)).toEqual([0, 1, 4])
    expect(Array.from(rows)).toEqual([0, 1, 2 + (fnv('<ab') % 10), 2 + (fnv('ab>') % 10)])
    expect(most).toBe(3)
  })
})
