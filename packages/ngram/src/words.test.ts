import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { trainWordNgram, WordVocabulary } from './words.js'

const corpora = process.env.PARLANCE_CORPORA
const wikitext = corpora === undefined ? undefined : join(corpora, 'wikitext-2')

describe('WordVocabulary', () => {
  it('lists words in order of first occurrence', () => {
    expect(WordVocabulary.fromText('b a b\n\nc a\n').words).toEqual(['<unk>', '<eos>', 'b', 'a', 'c'])
    expect(WordVocabulary.fromText('b a b\nc a', 2).words).toEqual(['<unk>', '<eos>', 'b', 'a'])
  })

  it('closes every line, empty ones as well, and maps unknown words to <unk>', () => {
    const vocabulary = new WordVocabulary(['<eos>', 'a', '<unk>', 'b'])
    expect([...vocabulary.encode(' a  b \n \nz\ta')]).toEqual([1, 3, 0, 0, 2, 1, 0])
    expect([...vocabulary.encode('a\n')]).toEqual([1, 0])
    expect([...vocabulary.encode('a\u00A0b a\r\n')]).toEqual([2, 1, 0])
    expect([...vocabulary.encode('')]).toEqual([])
    expect(vocabulary.has('z')).toBe(false)
    expect(vocabulary.has('a')).toBe(true)
  })

  it('refuses lists that cannot serve', () => {
    expect(() => new WordVocabulary(['<unk>', '<eos>', 'a', 'a'])).toThrow('a word occurs twice')
    expect(() => new WordVocabulary(['<unk>', 'a'])).toThrow('the vocabulary lacks the word <eos>')
  })
})

describe('trainWordNgram', () => {
  it('knows what follows', () => {
    const text = 'the cat sat .\nthe dog ran .\n'.repeat(20)
    const { model, vocabulary } = trainWordNgram(text, { order: 3 })
    const id = (word: string) => vocabulary.id(word)
    const after = (words: string) => words.split(' ').map(id)
    expect(Math.exp(model.logProb(after('the cat'), id('sat')))).toBeGreaterThan(0.9)
    expect(model.logProb(after('dog ran'), id('.'))).toBeGreaterThan(model.logProb(after('dog ran'), id('cat')))
  })

  it.skipIf(wikitext === undefined || !existsSync(wikitext))(
    'counts WikiText-2 as published and predicts it as well as KenLM does (needs PARLANCE_CORPORA)', () => {
      const read = (file: string) => gunzipSync(readFileSync(join(wikitext!, file))).toString('utf8')
      const text = read('train.txt.gz')
      const { model, vocabulary } = trainWordNgram(text)
      expect(vocabulary.size).toBe(33_278)
      expect(vocabulary.encode(text).length).toBe(2_088_628)
      const valid = vocabulary.encode(read('valid.txt.gz'))
      const { nll, tokens } = model.scoreStream(valid)
      expect(tokens).toBe(217_646)
      // KenLM's lmplz, which scores lines one by one, reaches 234.86.
      expect(Math.exp(nll / tokens)).toBeLessThan(234.9)
      expect(Math.exp(nll / tokens)).toBeGreaterThan(225)
    })
})
