import { trainBpe } from '@parlance/tokenizer'
import { describe, expect, it } from 'vitest'
import { timedWords } from './timed-words.js'
import { makeTokenizer } from './units.js'

const half = Math.log(0.5)

describe('timedWords', () => {
  it('tells words of characters apart, however spaces stand', () => {
    const tokenizer = makeTokenizer(['yes no'], 'characters')
    const tokens = [...tokenizer.encode(' no  yes')]
    const frames = [1, 3, 5, 6, 7, 10, 11, 12]
    const logProbs = [0, 0, half, 0, 0, 0, 0, 2 * half]
    expect(timedWords(tokenizer, { tokens, frames, logProbs }, 0.5)).toEqual([
      { word: 'no', start: 1.5, end: 3, confidence: 0.5 },
      { word: 'yes', start: 5, end: 6.5, confidence: 0.25 },
    ])
  })

  it('ends a word where the next one starts', () => {
    const tokenizer = makeTokenizer(['yes no'], 'words')
    const tokens = [...tokenizer.encode('yes no no')]
    expect(timedWords(tokenizer, { tokens, frames: [4, 4, 9], logProbs: [0, 0, half] }, 0.1)).toEqual([
      { word: 'yes', start: 0.4, end: 0.4, confidence: 1 },
      { word: 'no', start: 0.4, end: 0.5, confidence: 1 },
      { word: 'no', start: 0.9, end: 1, confidence: 0.5 },
    ])
  })

  it('reads byte pairs that begin with a space, and tokens without times', async () => {
    const tokenizer = await trainBpe(['one two three one two three one two three'], { vocabSize: 280 })
    const tokens = [...tokenizer.encode('one two')]
    const words = timedWords(tokenizer, { tokens, frames: tokens.map((_, i) => 3 * i), logProbs: tokens.map(() => 0) }, 1)
    expect(words.map(({ word }) => word)).toEqual(['one', 'two'])
    expect(words[0]?.start).toBe(0)
    expect(words[1]?.end).toBe(3 * (tokens.length - 1) + 1)
    expect(timedWords(tokenizer, { tokens, frames: [], logProbs: tokens.map(() => 0) }, 1)[1]).toEqual({ word: 'two', confidence: 1 })
    expect(timedWords(tokenizer, { tokens: [], frames: [], logProbs: [] }, 1)).toEqual([])
  })
})
