import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadNgram, saveNgram } from './binary.js'
import { NgramError } from './errors.js'
import { generator, randomSequences } from './testing/brute-force.js'
import { trainNgram } from './train.js'

const folder = mkdtempSync(join(tmpdir(), 'ngram-binary-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'model.ngram')
const model = trainNgram(randomSequences(3, 60, 8), { order: 3, vocabSize: 8, eos: 7 })
const words = ['a', 'b', 'c', 'ä', '文', 'f', 'g', '</s>']

describe('saveNgram and loadNgram', () => {
  it('keep everything', () => {
    saveNgram(file, { model, words, metadata: { unit: 'word' } })
    const read = loadNgram(file)
    expect(read.words).toEqual(words)
    expect(read.metadata).toEqual({ unit: 'word' })
    expect(read.model).toEqual(model)
    saveNgram(file, { model: trainNgram([[1]], { order: 5, vocabSize: 2 }) })
    const plain = loadNgram(file)
    expect(Object.keys(plain)).toEqual(['model'])
    expect(plain.model.eos).toBeUndefined()
    expect(plain.model.levels.map((level) => level.words.length)).toEqual([3, 1, 0, 0, 0])
  })

  it('refuse every truncation', () => {
    saveNgram(file, { model, words })
    const bytes = readFileSync(file)
    for (let size = 0; size < bytes.length; size += 37) {
      writeFileSync(file, bytes.subarray(0, size))
      expect(() => loadNgram(file)).toThrow(NgramError)
    }
    writeFileSync(file, Buffer.concat([bytes, Buffer.alloc(4)]))
    expect(() => loadNgram(file)).toThrow(`should have ${bytes.length} bytes, got ${bytes.length + 4}`)
  })

  it('survive damaged bytes: an error or a model that still scores', () => {
    saveNgram(file, { model })
    const bytes = readFileSync(file)
    const random = generator(1)
    for (let trial = 0; trial < 300; trial++) {
      const damaged = Buffer.from(bytes)
      damaged[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8)
      writeFileSync(file, damaged)
      try {
        const read = loadNgram(file).model
        for (let token = 0; token < read.vocabSize; token++) expect(read.logProb([1, 2], token)).not.toBeNaN()
      } catch (error) {
        expect(error).toBeInstanceOf(NgramError)
      }
    }
  })

  it.each([
    [Buffer.from('hello'), 'is not an n-gram model: it has only 5 bytes'],
    [Buffer.from('\\data\\\nngram 1=3\n'), 'is not an n-gram model'],
    [withHeader('{"vocabSize":'), 'has a damaged header: it is not JSON'],
    [withHeader('{"vocabSize":0,"sizes":[1]}'), 'has a wrong header: vocabSize'],
    [withHeader('{"vocabSize":3,"sizes":[3]}'), 'sizes must begin with vocabSize + 1'],
    [withHeader('{"vocabSize":3,"sizes":[4],"eos":3}'), 'eos is outside the vocabulary'],
    [withHeader('{"vocabSize":3,"sizes":[4],"words":["a"]}'), 'words must hold vocabSize words'],
    [withHeader('{"vocabSize":3,"sizes":[4,2000000000]}'), 'it is truncated or damaged'],
  ])('refuse what is no model (%#)', (bytes, message) => {
    writeFileSync(file, bytes)
    expect(() => loadNgram(file)).toThrow(message)
  })

  it('refuse words that are not one per token', () => {
    expect(() => saveNgram(file, { model, words: ['a'] })).toThrow('expected 8 words, one per token, got 1')
  })

  it('leave nothing behind when writing fails', () => {
    const target = join(folder, 'in the way')
    mkdirSync(target)
    writeFileSync(join(target, 'file'), '')
    expect(() => saveNgram(target, { model })).toThrow()
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

function withHeader(json: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(json.length)
  return Buffer.concat([Buffer.from('NGRAM\0\0\x01', 'latin1'), length, Buffer.from(json)])
}
