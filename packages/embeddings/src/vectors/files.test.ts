import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type SafetensorsTensor, writeSafetensors } from '@parlance/runtime/session'
import { afterAll, describe, expect, it } from 'vitest'
import { readVectors, type VectorFormat, writeVectors } from './files.js'
import { WordVectors } from './word-vectors.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-vectors-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const put = (content: string | Uint8Array, ending: string): string => {
  const file = join(folder, `${files++}.${ending}`)
  writeFileSync(file, content)
  return file
}

const values = Float32Array.from({ length: 5 * 7 }, (_, i) => Math.fround(Math.sin(i * 12.9898) * 10 ** ((i % 9) - 4)))
values[3] = 0
values[4] = -1
values[5] = Math.fround(1e-40)
const vectors = new WordVectors(['</s>', 'the', 'naïve', '猫', 'new_york'], values, 7)

describe('vectors', () => {
  it.each<[string, VectorFormat | undefined]>([
    ['a.vec', undefined],
    ['a.txt', undefined],
    ['a.bin', undefined],
    ['a.safetensors', undefined],
    ['a.model', 'binary'],
  ])('come back as they were from %s', async (name, format) => {
    const file = join(folder, name)
    writeVectors(file, vectors, format)
    const read = await readVectors(file, format)
    expect(read.words).toEqual(vectors.words)
    expect(read.width).toBe(7)
    expect(read.values).toEqual(values)
  })

  it('are read as word2vec.c writes them', async () => {
    // Its text has a space at the end of each line, its binary a line end after each vector.
    const text = put('2 3\n</s> 0.001 -0.5 2 \ncat 1e-05 .25 -3 \n', 'txt')
    const floats = (...row: number[]) => Buffer.from(Float32Array.from(row).buffer)
    const ended = Buffer.concat([Buffer.from('2 3\n</s> '), floats(0.001, -0.5, 2), Buffer.from('\ncat '), floats(1e-5, 0.25, -3), Buffer.from('\n')])
    const unended = Buffer.concat([Buffer.from('2 3\n</s> '), floats(0.001, -0.5, 2), Buffer.from('cat '), floats(1e-5, 0.25, -3)])
    for (const file of [text, put(gzipSync(readFileSync(text)), 'vec.gz'), put(ended, 'bin'), put(unended, 'bin')]) {
      const { words, values: read } = await readVectors(file)
      expect(words).toEqual(['</s>', 'cat'])
      expect(read).toEqual(Float32Array.of(0.001, -0.5, 2, 1e-5, 0.25, -3))
    }
  })

  it('are written as its distance program reads them', () => {
    const file = join(folder, 'distance.bin')
    writeVectors(file, new WordVectors(['a', 'b'], Float32Array.of(1, 2, 3, 4), 2))
    const expected = Buffer.concat([
      Buffer.from('2 2\na '), Buffer.from(Float32Array.of(1, 2).buffer), Buffer.from('\nb '), Buffer.from(Float32Array.of(3, 4).buffer), Buffer.from('\n'),
    ])
    expect(readFileSync(file)).toEqual(expected)
  })

  it('of many words are read and written in pieces', async () => {
    const words = Array.from({ length: 40_000 }, (_, i) => `word${i}`)
    const many = new WordVectors(words, Float32Array.from({ length: 40_000 * 10 }, (_, i) => Math.fround(1 / (i + 1))), 10)
    for (const name of ['many.vec', 'many.bin']) {
      writeVectors(join(folder, name), many)
      const read = await readVectors(join(folder, name))
      expect(read.words).toEqual(words)
      expect(read.values).toEqual(many.values)
    }
  })
})

describe('a broken text file', () => {
  const cases: [content: string, message: string][] = [
    ['', ': is empty.'],
    ['the 1 2 3\n', ', line 1: expected the number of words and their width, such as "71291 100", got "the 1 2 3".'],
    ['2 0\n', ', line 1: expected the number of words and their width, such as "71291 100", got "2 0".'],
    ['99999999 99999999\na 1\n', ', line 1: claims 99999999 words of width 99999999, which is more than the file can hold'],
    ['2 3\na 1 2 3\nb 1 2\n', ', line 3: expected a word and 3 numbers, got 2 numbers.'],
    ['2 3\na 1 2 3 4\nb 1 2 3\n', ', line 2: expected a word and 3 numbers, got 4 numbers.'],
    ['2 2\na 1 nan\nb 1 2\n', ', line 2: number 2 of "a" is "nan", which is no finite number.'],
    ['2 2\na 1 2\nb inf 2\n', ', line 3: number 1 of "b" is "inf", which is no finite number.'],
    ['3 2\na 1 2\nb 1 2\na 1 2\n', ', line 4: the word "a" is there already, in line 2.'],
    ['3 2\na 1 2\nb 1 2\n', ', line 4: the file ends after 2 words, and its header promises 3.'],
    ['1 2\na 1 2\nb 1 2\n', ', line 3: the header promises 1 words, and this is one more.'],
  ]
  it.each(cases)('%j is one line that names the line', async (content, message) => {
    const file = put(content, 'vec')
    await expect(readVectors(file)).rejects.toThrow(`${file}${message}`)
  })

  it('that is no text, or none at all', async () => {
    const file = put(Uint8Array.of(0x31, 0x20, 0x31, 0x0a, 0xff, 0x20, 0x31), 'vec')
    await expect(readVectors(file)).rejects.toThrow(`${file}: is not UTF-8 text`)
    await expect(readVectors(join(folder, 'none.vec'))).rejects.toThrow('none.vec: there is no such file.')
    await expect(readVectors(put(gzipSync('2 2\na 1 2\nb 1 2\n').subarray(0, 25), 'vec.gz'))).rejects.toThrow('the gzip data is damaged or cut short')
  })
})

describe('a broken binary file', () => {
  const row = (word: string, ...row: number[]): Buffer => Buffer.concat([Buffer.from(`${word} `), Buffer.from(Float32Array.from(row).buffer), Buffer.from('\n')])
  const file = (...parts: (string | Buffer)[]) => Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
  const cases: [name: string, content: Uint8Array, message: string][] = [
    ['empty', file(), ': is empty.'],
    ['no header', file('a b c\n'), ', line 1: expected the number of words and their width'],
    ['no line', file(Buffer.alloc(100)), ': the header at byte 0 does not end within 61 bytes'],
    ['too many words', file('1000000 100\n', row('a', 1)), ', line 1: claims 1000000 words of width 100, which is more than the file can hold'],
    ['cut in a vector', file('2 2\n', row('a', 1, 2), row('b', 1, 2).subarray(0, 5)), ': the vector of word 2 of 2 should take 8 bytes from byte 17 on, but 3 are left'],
    ['cut in a word', file('2 1\n', row('a', 1), 'bcd'), ': word 2 of 2 at byte 11 does not end within 3 bytes'],
    ['NaN', file('2 2\n', row('a', 1, 2), row('b', Number.NaN, 2)), ', word 2 of 2 (byte 15): number 1 of "b" is NaN.'],
    ['twice', file('2 2\n', row('a', 1, 2), row('a', 3, 2)), ', word 2 of 2 (byte 15): "a" is word 1 already.'],
    ['wrong width', file('2 2\n', row('a', 1, 2), row('b', 1, 2), row('c', 1, 2)), ': 11 bytes follow the last of 2 words'],
  ]
  it.each(cases)('%s is one line that names the place', async (_, content, message) => {
    const name = put(content, 'bin')
    await expect(readVectors(name)).rejects.toThrow(`${name}${message}`)
  })

  it('of safetensors says what is missing', async () => {
    const name = join(folder, 'other.safetensors')
    const matrix = { dtype: 'F32' as const, shape: [1, 2], data: Float32Array.of(1, 2) }
    writeSafetensors(name, new Map([['vectors', matrix]]))
    await expect(readVectors(name)).rejects.toThrow(`${name}: has no tensor "words" of bytes: it holds no word vectors.`)
    const words = { dtype: 'U8' as const, shape: [4], data: new Uint8Array(Buffer.from('a\0b\0')) }
    writeSafetensors(name, new Map([['words', words]]))
    await expect(readVectors(name)).rejects.toThrow(`${name}: has no tensor "vectors" (rows, width).`)
    writeSafetensors(name, new Map<string, SafetensorsTensor>([['vectors', matrix], ['words', words]]))
    await expect(readVectors(name)).rejects.toThrow(`${name}: holds 1 vectors and 2 words.`)
  })
})

describe('what cannot be written', () => {
  it('are words with white space, but in safetensors', async () => {
    const odd = new WordVectors(['new york'], Float32Array.of(1), 1)
    expect(() => writeVectors(join(folder, 'odd.vec'), odd)).toThrow('The word "new york" is empty or has white space in it: write safetensors')
    expect(() => writeVectors(join(folder, 'odd.bin'), odd)).toThrow('has white space in it')
    writeVectors(join(folder, 'odd.safetensors'), odd)
    expect((await readVectors(join(folder, 'odd.safetensors'))).words).toEqual(['new york'])
  })

  it('is compressed', () => {
    expect(() => writeVectors(join(folder, 'a.vec.gz'), vectors)).toThrow('vectors are not written compressed: leave out ".gz".')
  })
})

describe('WordVectors', () => {
  it('refuses what is not one vector a word', () => {
    expect(() => new WordVectors(['a'], new Float32Array(3), 2)).toThrow('1 words of 2 have 2 values, got 3.')
    expect(() => new WordVectors(['a', 'b', 'a'], new Float32Array(3), 1)).toThrow('The word "a" is there twice, as vectors 1 and 3.')
    expect(() => new WordVectors(['a', 'b'], Float32Array.of(1, Number.NaN), 1)).toThrow('The vector of "b" holds NaN.')
  })
})
