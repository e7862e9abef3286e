import { describe, expect, it } from 'vitest'
import { huffmanPaths } from './huffman.js'
import { keepThresholds } from './subsampling.js'
import { Vocabulary } from './vocabulary.js'

const words = ['b', '</s>', 'a', 'rare', 'c', '']
const counts = [5, 1, 9, 2, 5, 0]

describe('a vocabulary', () => {
  it('lists the end of a sentence, then words by falling count', () => {
    const all = Vocabulary.of(words, counts, { minCount: 1 })
    expect(all.words).toEqual(['</s>', 'a', 'b', 'c', 'rare'])
    expect(all.counts).toEqual([1, 9, 5, 5, 2])
    expect(all.total).toBe(22)
    expect([all.indexOf('c'), all.indexOf('z')]).toEqual([3, undefined])
    expect(Vocabulary.of(words, counts).words).toEqual(['</s>', 'a', 'b', 'c'])
    expect(Vocabulary.of(words, counts, { maxSize: 3 }).words).toEqual(['</s>', 'a', 'b'])
    expect(Vocabulary.of(['x'], [7]).words).toEqual(['</s>', 'x'])
  })

  it('takes in words of other texts behind its own', () => {
    const known = Vocabulary.of(words, counts)
    const extended = known.extended(['c', 'new', '</s>', 'newer', 'few'], [3, 6, 2, 8, 4])
    expect(extended.words).toEqual(['</s>', 'a', 'b', 'c', 'newer', 'new'])
    expect(extended.counts).toEqual([3, 9, 5, 8, 8, 6])
    expect(known.extended(['new', 'newer'], [6, 8], { maxSize: 5 }).words.at(-1)).toBe('newer')
    expect(known.extended(['new'], [6], { maxSize: 4 }).size).toBe(4)
  })

  it('refuses words that are there twice', () => {
    expect(() => new Vocabulary(['</s>', 'a', 'a'], [1, 1, 1])).toThrow('A vocabulary is </s> and different words, each with a count.')
    expect(() => new Vocabulary(['a'], [1])).toThrow('A vocabulary is </s>')
  })
})

describe('sub-sampling', () => {
  it('keeps words with probability (√(z/s) + 1) s/z', () => {
    // Of 1000 words and s = 0.01: z/s is 90, 4 and 1; 0.01 · 1000 / 900 · (√90 + 1) = 0.1165….
    const kept = Array.from(keepThresholds([900, 40, 10, 50], 0.01), (threshold) => threshold / 2 ** 32)
    expect(kept[0]).toBeCloseTo((Math.sqrt(90) + 1) / 90, 8)
    expect(kept[1]).toBeCloseTo((Math.sqrt(4) + 1) / 4, 8)
    expect(kept[2]).toBeCloseTo(1, 8)
    expect(Array.from(keepThresholds([9, 1, 0], 0))).toEqual([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1])
  })
})

describe('a Huffman tree', () => {
  const lengths = (of: readonly number[]) => {
    const { offsets } = huffmanPaths(of)
    return of.map((_, word) => offsets[word + 1]! - offsets[word]!)
  }

  it('has the shortest mean path that there is', () => {
    // The textbook's example (Cormen et al., section 16.3): 45, 13, 12, 16, 9, 5 need 224 bits.
    const letters = [45, 16, 13, 12, 9, 5]
    expect(lengths(letters)).toEqual([1, 3, 3, 3, 4, 4])
    expect(lengths(letters).reduce((sum, length, i) => sum + length * letters[i]!, 0)).toBe(224)
    // The order of the words does not matter: the end of a sentence stands first.
    expect(lengths([5, 45, 16, 13, 12, 9])).toEqual([4, 1, 3, 3, 3, 4])
  })

  it('gives each word decisions of its own, from the root down', () => {
    const many = Array.from({ length: 50 }, (_, i) => 1 + ((i * 37) % 23))
    const { offsets, steps, longest } = huffmanPaths(many)
    const ways = many.map((_, word) => Array.from(steps.subarray(offsets[word], offsets[word + 1])))
    expect(new Set(ways.map((way) => way.join(' '))).size).toBe(50)
    expect(longest).toBe(Math.max(...ways.map((way) => way.length)))
    const root = many.length - 2
    expect(ways.every((way) => way[0]! >> 1 === root)).toBe(true)
    // Kraft's equality: every decision leads somewhere.
    expect(ways.reduce((sum, way) => sum + 2 ** -way.length, 0)).toBe(1)
    // After the same decisions comes the same node.
    const next = new Map<string, number>()
    for (const way of ways) {
      for (const [depth, step] of way.entries()) {
        const before = way.slice(0, depth).join(' ')
        expect(next.get(before) ?? step >> 1).toBe(step >> 1)
        next.set(before, step >> 1)
      }
    }
    expect(() => huffmanPaths([1])).toThrow('Hierarchical softmax needs two words or more')
  })
})
