import { Random } from '@parlance/runtime'
import { type Tokenizer, trainBpe } from '@parlance/tokenizer'
import { describe, expect, it } from 'vitest'
import type { TimedTokens } from '../search/timed-tokens.js'
import { timedWords, type Word, WordReader } from './timed-words.js'
import { makeTokenizer } from '../tokens/units.js'

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

  it('starts words at their marks, as much earlier as these come late, where a model has such', () => {
    const tokenizer = makeTokenizer(['yes no'], 'characters')
    const mark = tokenizer.tokenToId(' ')
    const tokens = [...tokenizer.encode(' no yes')]
    const found = { tokens, frames: [1, 3, 5, 6, 9, 10, 11], logProbs: tokens.map(() => 0) }
    const times = (timing: { mark: number | undefined; start: number; end: number }) => timedWords(tokenizer, found, 0.5, timing).map(({ start, end }) => [start, end])
    expect(times({ mark, start: 0.25, end: 0.125 })).toEqual([[0.25, 2.375], [2.75, 5.375]])
    expect(times({ mark, start: 1, end: 9 })).toEqual([[0, 0], [2, 2]])
    expect(times({ mark: undefined, start: 0, end: 0 })).toEqual([[1.5, 2.5], [4.5, 5.5]])
  })

  it('ends a word where more than a second passes between its tokens', () => {
    const tokenizer = makeTokenizer(['yes no'], 'characters')
    const tokens = [...tokenizer.encode('nonoyes')]
    const found = { tokens, frames: [1, 3, 14, 15, 25, 26, 27], logProbs: [0, half, 0, 0, 2 * half, 0, 0] }
    const words = [
      { word: 'no', start: 0.1, end: 0.4, confidence: 0.5 },
      { word: 'noyes', start: 1.4, end: 2.8, confidence: 0.25 },
    ]
    expect(timedWords(tokenizer, found, 0.1)).toEqual(words)
    // A search that knows where tokens end: the first o is heard until just before the second n.
    expect(timedWords(tokenizer, { ...found, ends: [1, 5, 14, 15, 25, 26, 27] }, 0.1)[0]?.word).toBe('nonoyes')
    const reader = new WordReader(tokenizer, 0.1)
    for (let heard = 1; heard < tokens.length; heard++) {
      reader.read({ tokens: tokens.slice(0, heard), frames: found.frames.slice(0, heard), logProbs: found.logProbs.slice(0, heard) }, heard)
    }
    expect(reader.read(found, tokens.length)).toEqual(words)
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
    const words = timedWords(tokenizer, { tokens, frames: tokens.map((_, i) => 3 * i), logProbs: tokens.map(() => 0) }, 0.1)
    expect(words.map(({ word }) => word)).toEqual(['one', 'two'])
    expect(words[0]?.start).toBe(0)
    expect(words[1]?.end).toBeCloseTo((3 * (tokens.length - 1) + 1) / 10, 6)
    expect(timedWords(tokenizer, { tokens, frames: [], logProbs: tokens.map(() => 0) }, 1)[1]).toEqual({ word: 'two', confidence: 1 })
    expect(timedWords(tokenizer, { tokens: [], frames: [], logProbs: [] }, 1)).toEqual([])
  })
})

describe('WordReader', () => {
  /** The definition: a token ends where the text of all tokens up to it does. */
  function wordsOfAll(tokenizer: Tokenizer, { tokens, frames, logProbs }: TimedTokens): Word[] {
    const text = tokenizer.decode(tokens)
    const ends = tokens.map((_, i) => (i + 1 === tokens.length ? text.length : tokenizer.decode(tokens.slice(0, i + 1)).length))
    return [...text.matchAll(/\S+/gu)].map(({ 0: word, index }) => {
      const first = ends.findIndex((end) => end > index)
      const last = ends.findIndex((end) => end >= index + word.length)
      return { word, start: (frames[first] as number) / 10, end: ((frames[last] as number) + 1) / 10, confidence: Math.exp(Math.min(...logProbs.slice(first, last + 1))) }
    })
  }

  it.each<[string, () => Tokenizer | Promise<Tokenizer>]>([
    ['characters', () => makeTokenizer(['abc dé'], 'characters')],
    ['words', () => makeTokenizer(['abc dé f'], 'words')],
    ['bytes and their pairs', () => trainBpe(['ab ab 日本 a 日 😀 ab 😀'], { vocabSize: 275 })],
  ])('reads %s as they come as it reads the whole', async (_, make) => {
    const tokenizer = await make()
    const random = new Random(5)
    for (let run = 0; run < 100; run++) {
      const tokens = Array.from({ length: random.integer(60) }, () => 1 + random.integer(tokenizer.vocabSize - 1))
      // Frames that leave room between words, so that no end is cut short.
      const all: TimedTokens = { tokens, frames: tokens.map((_, i) => 2 * i), logProbs: tokens.map((_, i) => -((i * 7) % 5)) }
      const reader = new WordReader(tokenizer, 0.1)
      for (let heard = 0; heard < tokens.length; ) {
        heard = Math.min(tokens.length, heard + random.integer(9))
        const some = { tokens: tokens.slice(0, heard), frames: all.frames.slice(0, heard), logProbs: all.logProbs.slice(0, heard) }
        expect(reader.read(some, Math.max(0, heard - random.integer(3)))).toEqual(wordsOfAll(tokenizer, some))
      }
    }
  })

  it('reads a token once or a few times, however many there are', () => {
    const tokenizer = makeTokenizer(['abc d'], 'characters')
    const [cost, found] = [{ tokens: 0 }, { tokens: [] as number[], frames: [] as number[], logProbs: [] as number[] }]
    const counting = { ...tokenizer, decode: (ids: ArrayLike<number>) => (cost.tokens += ids.length, tokenizer.decode(ids)) } as Tokenizer
    const reader = new WordReader(counting, 1)
    for (const token of tokenizer.encode('abc d '.repeat(500))) {
      found.tokens.push(token)
      found.frames.push(found.tokens.length)
      found.logProbs.push(0)
      reader.read(found, found.tokens.length)
    }
    expect(cost.tokens).toBeLessThan(150 * found.tokens.length)
    cost.tokens = 0
    expect(timedWords(counting, found, 1).length).toBe(1000)
    expect(cost.tokens).toBeLessThan(20 * found.tokens.length)
  })
})
