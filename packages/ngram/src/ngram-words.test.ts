import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeArpa } from './arpa-write.js'
import { saveNgram } from './binary.js'
import { NgramWords } from './ngram-words.js'
import { openNgram } from './open.js'
import { trainNgram } from './train.js'
import { trainWordNgram } from './words.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ngram-words-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const text = 'the cat sat\nthe dog sat on the cat\non the mat\n'.repeat(3)

describe('NgramWords', () => {
  it('scores the lines of a stream by the words that spell them', () => {
    const { model, vocabulary } = trainWordNgram(text, { order: 3 })
    const words = new NgramWords(model, vocabulary.words)
    expect(words.words).toEqual(['the', 'cat', 'sat', 'dog', 'on', 'mat'])
    // The second line, behind the end of the first.
    const line = ['the', 'dog', 'wombat', 'sat']
    let state = words.initial()
    let sum = 0
    for (const word of line) {
      sum += words.score(state, word)
      state = words.advance(state, word)
    }
    sum += words.end(state)
    const eos = vocabulary.id('<eos>')
    const ids = [...line.map((word) => vocabulary.id(word)), eos]
    let wanted = 0
    for (const [i, id] of ids.entries()) wanted += model.logProb([model.bos, eos, ...ids.slice(0, i)], id)
    expect(Math.abs(sum - wanted)).toBeLessThan(1e-9)
  })

  it('has equal keys for states with equal futures', () => {
    const { model, vocabulary } = trainWordNgram(text, { order: 2 })
    const words = new NgramWords(model, vocabulary.words)
    const after = (line: string): string => words.key(line.split(' ').reduce((state, word) => words.advance(state, word), words.initial()))
    expect(after('the cat')).toBe(after('on the dog sat on cat'))
    expect(after('the cat')).not.toBe(after('the dog'))
  })

  it('lets no unknown word come where the model has none', () => {
    const model = trainNgram([[0, 1], [1, 0]], { order: 2, vocabSize: 3, eos: 2 })
    const words = new NgramWords(model, ['A', 'B', '</s>'])
    expect(words.words).toEqual(['A', 'B'])
    expect(words.score(words.initial(), 'C')).toBe(-Infinity)
    expect(words.advance(words.initial(), 'C')).toEqual(words.initial())
    expect(Math.abs(words.end(words.initial()) - model.logProb([model.bos], 2))).toBeLessThan(1e-9)
  })
})

describe('openNgram', () => {
  it('reads both kinds of file', () => {
    const { model, vocabulary } = trainWordNgram(text, { order: 2 })
    const [binary, arpa] = [join(folder, 'x.ngram'), join(folder, 'x.arpa')]
    saveNgram(binary, { model, words: vocabulary.words })
    writeArpa(arpa, model, vocabulary.words)
    const scores = [binary, arpa].map((file) => {
      const { model: read, words } = openNgram(file)
      return read.logProb([words?.indexOf('the') as number], words?.indexOf('cat') as number)
    })
    expect(Math.abs((scores[0] as number) - (scores[1] as number))).toBeLessThan(1e-5)
  })

  it('refuses what is neither', () => {
    const file = join(folder, 'nothing')
    writeFileSync(file, 'hello\n')
    expect(() => openNgram(file)).toThrow('not a whole ARPA file')
    writeFileSync(file, Buffer.alloc(40))
    expect(() => openNgram(file)).toThrow('is not an n-gram model')
  })
})
