import { describe, expect, it } from 'vitest'
import { alignWords, formatAlignment } from './alignment.js'

describe('alignWords', () => {
  it('links each word of the translation to the source word that its tokens looked at most', () => {
    const source = [' the', ' black', ' ca', 't']
    const target = [' die', ' Kat', 'ze', ' da']
    const attention = Float32Array.of(
      0.2, 0.1, 0.1, 0, 0.6, // the end of the source does not count
      0, 0.4, 0.3, 0.2, 0.1, // "cat" is 0.5 in sum, more than "black"
      0, 0.5, 0.1, 0.4, 0, //   and 0.9 against 0.9 with both tokens: the first of equals
      0, 0, 0, 1, 0,
    )
    expect(alignWords(attention.slice(0, 10), source, target.slice(0, 2))).toEqual([[0, 0], [2, 1]])
    attention[10 + 3] = 0.5
    expect(alignWords(attention, source, target)).toEqual([[0, 0], [2, 1], [2, 2]])
  })

  it('gives nothing where there are no words', () => {
    expect(alignWords(new Float32Array(0), [' a'], [])).toEqual([])
    expect(alignWords(Float32Array.of(1), [], [' a'])).toEqual([])
    expect(alignWords(Float32Array.of(0.5, 0.5), [' a'], [' '])).toEqual([])
  })
})

describe('formatAlignment', () => {
  it('writes Pharaoh\'s form in the order of the source', () => {
    expect(formatAlignment([[2, 0], [0, 1], [0, 3], [1, 2]])).toBe('0-1 0-3 1-2 2-0')
    expect(formatAlignment([])).toBe('')
  })
})
