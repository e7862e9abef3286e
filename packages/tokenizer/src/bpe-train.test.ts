import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CHAR_OF_BYTE } from './bytes.js'
import { type BpeTokenizer, type BpeTrainProgress, trainBpe } from './index.js'

interface Json {
  model: { vocab: Record<string, number>; merges: string[] }
}

function merges(tokenizer: BpeTokenizer): string[] {
  return (tokenizer.toJSON() as Json).model.merges
}

/** Textbook BPE: counts every pair of every word again before each merge. */
function naiveMerges(words: string[], vocabSize: number, minFrequency: number): string[] {
  const tokens = [...CHAR_OF_BYTE].sort()
  let sequences = words.map((word) => Array.from(Buffer.from(word), (byte) => CHAR_OF_BYTE[byte]!))
  const merges: string[] = []
  while (tokens.length < vocabSize) {
    const counts = new Map<string, number>()
    for (const sequence of sequences) {
      for (let i = 0; i + 1 < sequence.length; i++) {
        const pair = `${sequence[i]} ${sequence[i + 1]}`
        counts.set(pair, (counts.get(pair) ?? 0) + 1)
      }
    }
    const idsOf = (pair: string): number[] => pair.split(' ').map((token) => tokens.indexOf(token))
    const best = [...counts].sort(([p, n], [q, m]) => {
      const [a, b] = [idsOf(p), idsOf(q)]
      return m - n || a[0]! - b[0]! || a[1]! - b[1]!
    })[0]
    if (!best || best[1] < minFrequency) break
    const [left, right] = best[0].split(' ')
    if (!tokens.includes(left! + right!)) tokens.push(left! + right!)
    if (!merges.includes(best[0])) merges.push(best[0])
    sequences = sequences.map((sequence) => {
      const merged: string[] = []
      for (let i = 0; i < sequence.length; i++) {
        const both = sequence[i] === left && sequence[i + 1] === right
        merged.push(both ? left! + right! : sequence[i]!)
        if (both) i++
      }
      return merged
    })
  }
  return merges
}

describe('trainBpe', () => {
  it('leaves every digit a token of its own, with the space before the first, where that is asked for', async () => {
    const texts = Array.from({ length: 50 }, () => 'in 1867 and 1867, 12.50 ½ x٣٤')
    const tokenizer = await trainBpe(texts, { vocabSize: 400, pattern: 'digits' })
    const pieces = (text: string) => Array.from(tokenizer.encode(text), (id) => tokenizer.decode([id]))
    expect(pieces(' and 1867, 12.50')).toEqual([' and', ' 1', '8', '6', '7', ',', ' 1', '2', '.', '5', '0'])
    expect(pieces(' ½ x٣٤')).toEqual([' ½', ' x', '٣', '٤'])
  })

  it('learns the merges of the example of Sennrich et al. (2016)', async () => {
    // Of l-o and o-w, which both occur 7 times, the smaller id goes first: l.
    const repeat = (word: string, times: number): string[] => Array<string>(times).fill(word)
    const words = [...repeat('low', 5), ...repeat('lower', 2), ...repeat('newest', 6), ...repeat('widest', 3)]
    const tokenizer = await trainBpe(words, { vocabSize: 260 })
    expect(merges(tokenizer)).toEqual(['e s', 'es t', 'l o', 'lo w'])
    expect(tokenizer.vocabSize).toBe(260)
  })

  it('equals counting every pair anew before each merge', async () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é'), minLength: 1, maxLength: 9 })
    const corpora = fc.array(word, { minLength: 1, maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(corpora, fc.constantFrom(1, 2, 3), async (words, minFrequency) => {
        const tokenizer = await trainBpe(words, { vocabSize: 296, minFrequency })
        expect(merges(tokenizer)).toEqual(naiveMerges(words, 296, minFrequency))
      }),
      { numRuns: 200 },
    )
  })

  it('puts special tokens first and does not learn from them', async () => {
    const text = '<unk> <unk> <unk> ab ab <eos>'
    const tokenizer = await trainBpe([text], { vocabSize: 400, specialTokens: ['<eos>', '<unk>'] })
    expect(tokenizer.tokenToId('<eos>')).toBe(0)
    expect(tokenizer.tokenToId('<unk>')).toBe(1)
    expect(tokenizer.tokenToId('!')).toBe(2)
    expect(merges(tokenizer)).toEqual(['a b', 'Ġ ab'])
    expect(Array.from(tokenizer.encode(text))).toEqual([1, 222, 1, 222, 1, 259, 259, 222, 0])
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
  })

  it('does not merge below the minimum frequency', async () => {
    expect((await trainBpe(['abc'], { vocabSize: 300 })).vocabSize).toBe(256)
    expect((await trainBpe(['abc'], { vocabSize: 300, minFrequency: 1 })).vocabSize).toBe(258)
  })

  it('takes a string as one text and any text as a document of its own', async () => {
    expect(merges(await trainBpe('ab ab', { vocabSize: 257 }))).toEqual(['a b'])
    expect(merges(await trainBpe(['a', 'b', 'a', 'b'], { vocabSize: 257 }))).toEqual([])
  })

  it('reports progress', async () => {
    const seen: BpeTrainProgress[] = []
    await trainBpe(['ab ab', ' ab'], { vocabSize: 258, onProgress: (progress) => seen.push(progress) })
    expect(seen).toEqual([
      { stage: 'count', done: 5 },
      { stage: 'count', done: 8 },
      { stage: 'merge', done: 0, total: 2 },
      { stage: 'merge', done: 1, total: 2 },
    ])
  })

  it('rejects what cannot be trained', async () => {
    await expect(trainBpe(['ab'], { vocabSize: 256, specialTokens: ['<s>'] })).rejects.toThrow(
      'vocabSize must be an integer of at least 257 (the bytes and the special tokens), got 256',
    )
    await expect(trainBpe(['ab'], { vocabSize: 300.5 })).rejects.toThrow('got 300.5')
    await expect(trainBpe(['ab'], { vocabSize: 300, minFrequency: 0 })).rejects.toThrow('minFrequency must be at least 1')
    await expect(trainBpe([''], { vocabSize: 300 })).rejects.toThrow('there is no text to train on')
    await expect(trainBpe(['ab'], { vocabSize: 300, specialTokens: ['<s>', '<s>'] })).rejects.toThrow('given twice')
  })
})
