import { describe, expect, it } from 'vitest'
import { NearestWords } from './nearest.js'
import { WordVectors } from './word-vectors.js'

const words = Array.from({ length: 60 }, (_, i) => `w${i}`)
const values = Float32Array.from({ length: 60 * 5 }, (_, i) => Math.sin(i * i + 1))
const vectors = new WordVectors(words, values, 5)
const nearest = new NearestWords(vectors)

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, value, d) => sum + value * b[d]!, 0)
const cosine = (a: ArrayLike<number>, b: ArrayLike<number>) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))

describe('nearest words', () => {
  it.each(['w0', 'w17', 'w59'])('of %s are those of brute force', (word) => {
    const all = words
      .filter((other) => other !== word)
      .map((other) => ({ word: other, similarity: cosine(vectors.vector(word)!, vectors.vector(other)!) }))
      .sort((a, b) => b.similarity - a.similarity)
    const found = nearest.ofWord(word, 7)
    expect(found.map((each) => each.word)).toEqual(all.slice(0, 7).map((each) => each.word))
    for (const [i, { similarity }] of found.entries()) expect(similarity).toBeCloseTo(all[i]!.similarity, 5)
    expect(nearest.ofWord(word, 1000)).toHaveLength(59)
  })

  it('answer analogies by unit vectors, the three words left out', () => {
    const planted = new NearestWords(
      // The lengths differ: they do not matter.
      new WordVectors(['man', 'woman', 'king', 'queen', 'apple'], Float32Array.of(1, 0, 0, 0, 9, 0, 1, 0, 1, 0, 3, 3, -1, -1, 0.2), 3),
    )
    expect(planted.analogy('man', 'woman', 'king', 1)[0]!.word).toBe('queen')
    expect(planted.analogy('man', 'woman', 'king').map(({ word }) => word)).toEqual(['queen', 'apple'])
  })

  it('say what they do not know', () => {
    expect(() => nearest.ofWord('none')).toThrow('There is no vector of "none" among 60 words.')
    expect(() => nearest.ofVector([1, 2], 3)).toThrow('Nearest words need a vector of 5 numbers, got 2.')
  })
})
