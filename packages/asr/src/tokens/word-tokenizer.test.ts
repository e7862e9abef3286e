import { describe, expect, it } from 'vitest'
import { WordTokenizer } from './word-tokenizer.js'

describe('WordTokenizer', () => {
  const tokenizer = WordTokenizer.fromTexts(['NO  YES', 'NO MAYBE\n'], ['<blank>'])

  it('numbers special tokens, then words in order', () => {
    expect(tokenizer.vocabSize).toBe(4)
    expect([...tokenizer.encode(' YES NO\tMAYBE ')]).toEqual([3, 2, 1])
    expect(tokenizer.decode([3, 2])).toBe('YES NO')
    expect(tokenizer.tokenToId('<blank>')).toBe(0)
    expect(tokenizer.encode('')).toHaveLength(0)
  })

  it('survives its file', () => {
    const same = WordTokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer.toJSON())), 'tokenizer.json')
    expect(same.hash).toBe(tokenizer.hash)
    expect(same.decode(same.encode('MAYBE NO'))).toBe('MAYBE NO')
    expect(WordTokenizer.fromTexts(['NO YES'], ['<blank>']).hash).not.toBe(tokenizer.hash)
  })

  it('says what is wrong', () => {
    expect(() => tokenizer.encode('NO PERHAPS')).toThrow('word "PERHAPS" is not in the vocabulary of 4 tokens')
    expect(() => tokenizer.decode([4])).toThrow('token 4 is outside the vocabulary')
    expect(() => WordTokenizer.fromTexts([' '])).toThrow('there are no words')
    expect(() => WordTokenizer.fromJSON({ ...tokenizer.toJSON(), decoder: {} }, 'f.json')).toThrow('f.json: field "decoder"')
    const json = tokenizer.toJSON() as { model: object }
    const gap = { ...json, model: { ...json.model, vocab: { a: 0, b: 2 } } }
    expect(() => WordTokenizer.fromJSON(gap, 'f.json')).toThrow('f.json: model.vocab: ids must be 0 to 1, each once')
  })
})
