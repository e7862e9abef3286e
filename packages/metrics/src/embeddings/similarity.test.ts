import { describe, expect, it } from 'vitest'
import { parseRatedPairs, wordSimilarity } from './similarity.js'

/** Words at angles from one axis: cosines of pairs are cosines of differences. */
const angles: Record<string, number> = { a: 0, b: 0.1, c: 0.5, d: 1.5, e: 3 }
const vector = (word: string) =>
  angles[word] === undefined ? undefined : Float32Array.of(5 * Math.cos(angles[word]), 5 * Math.sin(angles[word]))

describe('wordSimilarity', () => {
  const pairs = parseRatedPairs('# ratings\na\tb\t9\na c 7\na,d,8\n\nx a 1\r\n')

  it('ranks pairs by cosine, leaving out words without vectors', () => {
    // Cosines rank 1, 2, 3, people 1, 3, 2: ρ = 1 − 6 · 2 / (3 · 8).
    expect(wordSimilarity(vector, pairs)).toEqual({
      spearman: expect.closeTo(0.5, 12),
      pairs: 4,
      covered: 3,
      signature: 'spearman|cosine|oov:skip',
    })
  })

  it('takes them for zero vectors when told to', () => {
    // 0 is below all cosines (cos 1.5 = 0.07) and the rating of x the lowest: d² is the same, n = 4.
    const { spearman, signature } = wordSimilarity(vector, pairs, { outOfVocabulary: 'zero' })
    expect(spearman).toBeCloseTo(1 - (6 * 2) / (4 * 15), 12)
    expect(signature).toBe('spearman|cosine|oov:zero')
  })

  it('has no figure where too little is covered', () => {
    expect(wordSimilarity(() => undefined, pairs)).toMatchObject({ spearman: Number.NaN, covered: 0 })
  })
})

describe('parseRatedPairs', () => {
  it.each([
    ['a b 1\na b\n', 'ws.txt, line 2: expected two words and a number, got "a b"'],
    ['a b c d', 'line 1: expected two words and a number, got "a b c d"'],
    ['a b much', 'line 1: expected two words and a number, got "a b much"'],
    ['# nothing\n', 'ws.txt: holds no pairs of words'],
  ])('of %j names the line', (text, message) => {
    expect(() => parseRatedPairs(text, 'ws.txt')).toThrow(message)
  })
})
