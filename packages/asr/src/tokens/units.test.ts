import { describe, expect, it } from 'vitest'
import { makeTokenizer, spelled } from './units.js'

describe('makeTokenizer', () => {
  it('has the blank first, then characters or words', () => {
    const characters = makeTokenizer(['no yes'], 'characters')
    expect([characters.idToToken(0), characters.idToToken(1), characters.vocabSize]).toEqual(['<blank>', ' ', 7])
    const words = makeTokenizer(['no yes'], 'words')
    expect([words.idToToken(0), words.idToToken(1), words.vocabSize]).toEqual(['<blank>', 'no', 3])
  })
})

describe('spelled', () => {
  it('separates words by single spaces', () => {
    const tokenizer = makeTokenizer(['no yes'], 'characters')
    expect(spelled(tokenizer, [...tokenizer.encode(' no  yes ')])).toBe('no yes')
    expect(spelled(tokenizer, [])).toBe('')
  })
})
