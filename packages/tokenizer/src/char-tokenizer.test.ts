import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CharTokenizer, TokenizerError, trainChar } from './index.js'

describe('CharTokenizer', () => {
  it('sorts by code point, after the special tokens', () => {
    const tokenizer = CharTokenizer.fromText('b😀a\nü', { specialTokens: ['<pad>', '<eos>'] })
    const tokens = Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.idToToken(id))
    expect(tokens).toEqual(['<pad>', '<eos>', '\n', 'a', 'b', 'ü', '😀'])
    expect(tokenizer.tokenToId('ü')).toBe(5)
    expect(tokenizer.tokenToId('z')).toBeUndefined()
  })

  it('encodes code points and literal special tokens', () => {
    const tokenizer = CharTokenizer.fromText('ab<>😀', { specialTokens: ['<a>', '<a>b'] })
    expect(Array.from(tokenizer.encode('a<a>b<b>😀'))).toEqual([4, 1, 2, 5, 3, 6])
    expect(tokenizer.decode([4, 1, 2, 5, 3, 6])).toBe('a<a>b<b>😀')
  })

  it('gives back every text of its characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        const tokenizer = CharTokenizer.fromText(text)
        const ids = tokenizer.encode(text)
        expect(ids.length).toBe([...text].length)
        expect(tokenizer.decode(ids)).toBe(text)
      }),
    )
  })

  it('names an unknown character and its position', () => {
    expect(() => CharTokenizer.fromText('ab').encode('ab€')).toThrow(
      /^character "€" \(U\+20AC\) at index 2 of the text is not in the vocabulary of 2 tokens/,
    )
    expect(() => CharTokenizer.fromText('z').encode('a')).toThrow(TokenizerError)
  })

  it('maps unknown characters to the unk token it was trained with', () => {
    const tokenizer = CharTokenizer.fromText('ab', { unkToken: '<unk>' })
    expect(Array.from(tokenizer.encode('a€b😀'))).toEqual([1, 0, 2, 0])
    expect(tokenizer.decode(tokenizer.encode('a€'))).toBe('a<unk>')
  })

  it('names an id outside the vocabulary', () => {
    const tokenizer = CharTokenizer.fromText('ab')
    expect(() => tokenizer.decode([0, 2])).toThrow('id 2 is not in the vocabulary (size 2)')
    expect(() => tokenizer.idToToken(-1)).toThrow('id -1 is not in the vocabulary (size 2)')
  })

  it('rejects an empty text and bad special tokens', async () => {
    expect(() => CharTokenizer.fromText('')).toThrow('the text is empty')
    await expect(trainChar([])).rejects.toThrow('the text is empty')
    expect(() => CharTokenizer.fromText('a', { specialTokens: [''] })).toThrow('must not be the empty string')
    expect(() => CharTokenizer.fromText('a', { specialTokens: ['<s>', '<s>'] })).toThrow('"<s>" is given twice')
  })

  it('trains on a stream of texts', async () => {
    async function* texts(): AsyncGenerator<string> {
      yield 'ba'
      yield 'c'
    }
    const tokenizer = await trainChar(texts())
    expect(tokenizer.hash).toBe(CharTokenizer.fromText('cab').hash)
  })

  it('hashes the canonical tokenizer.json', () => {
    const tokenizer = CharTokenizer.fromText('b1')
    const canonical =
      '{"added_tokens":[],"decoder":{"type":"Fuse"},"model":{"byte_fallback":false,"continuing_subword_prefix":null,' +
      '"dropout":null,"end_of_word_suffix":null,"fuse_unk":false,"ignore_merges":false,"merges":[],"type":"BPE",' +
      '"unk_token":null,"vocab":{"1":0,"b":1}},"normalizer":null,"padding":null,"post_processor":null,' +
      '"pre_tokenizer":null,"truncation":null,"version":"1.0"}'
    expect(tokenizer.hash).toBe(createHash('sha256').update(canonical).digest('hex'))
    expect(CharTokenizer.fromText('b2').hash).not.toBe(tokenizer.hash)
  })
})
