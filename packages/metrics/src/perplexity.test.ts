import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countBytes, countCharacters, countWords, countWordsWithEos, MetricError, perplexity } from './index.js'

describe('perplexity', () => {
  it('is the branching factor of a uniform model', () => {
    // Ten equally likely digits: perplexity 10, log2(10) bits each (Jurafsky & Martin, Speech and Language Processing).
    const result = perplexity(25 * Math.log(10), { tokens: 25, words: 5, bytes: 25, characters: 25 })
    expect(result.perplexity).toBeCloseTo(10, 10)
    expect(result.bitsPerByte).toBeCloseTo(Math.log2(10), 12)
    expect(result.bitsPerCharacter).toBeCloseTo(Math.log2(10), 12)
    expect(result.wordPerplexity! / 1e5).toBeCloseTo(1, 10)
  })

  it('leaves out the figures whose denominator is not given', () => {
    expect(perplexity(0, { tokens: 3 })).toEqual({ nll: 0, tokens: 3, perplexity: 1 })
  })

  it('rejects what is no likelihood and no count', () => {
    expect(() => perplexity(Number.NaN, { tokens: 1 })).toThrow('nll must be a finite number of nats, got NaN')
    expect(() => perplexity(1, { tokens: 0 })).toThrow('tokens must be a positive integer, got 0')
    expect(() => perplexity(1, { tokens: 1, bytes: 1.5 })).toThrow(MetricError)
  })
})

describe('counts', () => {
  it('counts words, and an <eos> for each line as on WikiText', () => {
    const text = ' \n = Robert <unk> = \n \n The film .\n'
    expect(countWords(text)).toBe(7)
    expect(countWordsWithEos(text)).toBe(11)
    expect(countWordsWithEos('a b')).toBe(3)
    expect(countWordsWithEos('')).toBe(0)
  })

  it('agrees with splitting on white space', () => {
    const unit = fc.constantFrom('a', 'é', '😀', ' ', '\n', '\t', '\u00a0', '\u2003', '\u0085', '\ufeff')
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        expect(countWords(text)).toBe(text.split(/\s+/u).filter((word) => word !== '').length)
        expect(countCharacters(text)).toBe([...text].length)
        expect(countBytes(text)).toBe(new TextEncoder().encode(text).length)
      }),
    )
  })
})
