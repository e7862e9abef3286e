import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Vocabulary } from '../word2vec/vocabulary.js'
import { Word2Vec } from '../word2vec/word2vec.js'
import { readFastTextBinary, writeFastTextBinary } from './fasttext-binary.js'
import { readVectors } from './files.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-fasttext-'))
const file = join(folder, 'model.bin')
const vocabulary = new Vocabulary(['</s>', 'the', 'naïve', 'cat'], [10, 9, 8, 7])
const subwords = { minN: 3, maxN: 5, buckets: 30 }
const dimensions = 6

function modelOf(config: Parameters<typeof Word2Vec.create>[0]): Word2Vec {
  const rows = vocabulary.size + (config.subwords?.buckets ?? 0)
  const fill = (length: number) => Float32Array.from({ length }, (_, i) => Math.fround(Math.cos(i * i)))
  return Word2Vec.create({ dimensions, ...config }, vocabulary, { tables: { input: fill(rows * dimensions), output: fill(vocabulary.size * dimensions) } })
}

const model = modelOf({ subwords })
beforeAll(() => writeFastTextBinary(file, model))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a fastText model', () => {
  it.each([{ subwords }, { subwords: null }, { subwords, architecture: 'cbow' as const }])('comes back as it was: %j', (config) => {
    const written = modelOf(config)
    const path = join(folder, 'again.bin')
    writeFastTextBinary(path, written)
    const read = readFastTextBinary(path)
    expect(read.config).toEqual(written.config)
    expect(read.vocabulary.words).toEqual(vocabulary.words)
    expect(read.vocabulary.counts).toEqual(vocabulary.counts)
    expect(read.tables()).toEqual(written.tables())
    expect(read.vector('unseen')).toEqual(written.vector('unseen'))
  })

  it('lies in the file as fastText lays it out', () => {
    const bytes = readFileSync(file)
    const ints = Array.from({ length: 14 }, (_, i) => bytes.readInt32LE(4 * i))
    expect(ints).toEqual([793_712_314, 12, 6, 5, 5, 1, 5, 1, 2, 2, 30, 3, 5, 100])
    expect(bytes.readDoubleLE(56)).toBe(1e-3)
    expect([bytes.readInt32LE(64), bytes.readInt32LE(68), bytes.readInt32LE(72)]).toEqual([4, 4, 0])
    expect([bytes.readBigInt64LE(76), bytes.readBigInt64LE(84)]).toEqual([34n, -1n])
    expect(bytes.toString('utf8', 92, 97)).toBe('</s>\0')
    expect([bytes.readBigInt64LE(97), bytes.readInt8(105)]).toEqual([10n, 0])
  })

  it('gives its words as vectors', async () => {
    const { words, values } = await readVectors(file)
    expect(words).toEqual(vocabulary.words)
    expect(values.subarray(dimensions, 2 * dimensions)).toEqual(model.vector('the'))
  })

  it('may have the end of a sentence at any place, or not at all', () => {
    // As fastText sorts by count, it stands elsewhere in its files: rows are moved with it.
    const bytes = readFileSync(file)
    const entry = (word: string) => bytes.indexOf(`${word}\0`, 92)
    const [end, the, next] = [entry('</s>'), entry('the'), entry('naïve')]
    const dictionaryEnd = entry('cat') + 4 + 9
    const tables = bytes.subarray(dictionaryEnd)
    const swapRows = (from: number) => {
      const row = tables.subarray(from, from + 4 * dimensions)
      const other = tables.subarray(from + 4 * dimensions, from + 8 * dimensions)
      const held = Buffer.from(row)
      row.set(other)
      other.set(held)
    }
    const outputAt = 17 + 4 * dimensions * 34
    swapRows(17)
    swapRows(outputAt + 17)
    const path = join(folder, 'moved.bin')
    writeFileSync(path, Buffer.concat([bytes.subarray(0, end), bytes.subarray(the, next), bytes.subarray(end, the), bytes.subarray(next)]))
    const moved = readFastTextBinary(path)
    expect(moved.vocabulary.words).toEqual(vocabulary.words)
    expect(moved.tables()).toEqual(model.tables())
    writeFileSync(path, Buffer.from(readFileSync(file).toString('latin1').replace('</s>\0', '<xs>\0'), 'latin1'))
    const without = readFastTextBinary(path)
    expect(without.vocabulary.words).toEqual(['</s>', '<xs>', 'the', 'naïve', 'cat'])
    expect(without.tables().output).toEqual(Float32Array.of(...new Float32Array(dimensions), ...model.tables().output))
  })

  it('of hierarchical softmax is not written', () => {
    const hierarchical = modelOf({ loss: 'hierarchical-softmax' })
    expect(() => writeFastTextBinary(join(folder, 'hs.bin'), hierarchical)).toThrow('A fastText model is written of negative sampling only')
  })
})

describe('a broken fastText model', () => {
  const broken = (change: (bytes: Buffer) => Buffer | void): string => {
    const bytes = Buffer.from(readFileSync(file))
    const path = join(folder, 'broken.bin')
    writeFileSync(path, change(bytes) ?? bytes)
    return path
  }
  const cases: [name: string, change: (bytes: Buffer) => Buffer | void, message: string][] = [
    ['another file', (bytes) => void bytes.writeInt32LE(1, 0), ': is no fastText model'],
    ['another version', (bytes) => void bytes.writeInt32LE(11, 4), ': is a fastText model of version 11: only 12 is read.'],
    ['a classifier', (bytes) => void bytes.writeInt32LE(3, 36), ': is a fastText model of another kind (model 3, loss 2)'],
    ['hierarchical softmax', (bytes) => void bytes.writeInt32LE(1, 32), 'of another kind (model 2, loss 1)'],
    ['a width of none', (bytes) => void bytes.writeInt32LE(0, 8), ': dimensions 0, buckets 30 and n-grams 3 to 5 cannot be'],
    ['labels', (bytes) => void bytes.writeInt32LE(1, 72), ': has 4 entries, 4 words and 1 labels: expected words alone.'],
    ['too many words', (bytes) => { bytes.writeInt32LE(1e9, 64); bytes.writeInt32LE(1e9, 68) }, ': a dictionary of 1000000000 words should take'],
    ['pruned', (bytes) => void bytes.writeBigInt64LE(5n, 84), ': its n-grams are pruned'],
    ['another width', (bytes) => void bytes.writeInt32LE(7, 8), ': its input table is 34 rows of 6, and 34 of 7 were expected'],
    ['cut short', (bytes) => bytes.subarray(0, bytes.length - 3), ': the output table should take 96 bytes'],
    ['cut in the header', (bytes) => bytes.subarray(0, 30), ': wordNgrams should take 4 bytes'],
    ['more behind', (bytes) => Buffer.concat([bytes, bytes]), 'bytes follow the output table'],
    ['NaN', (bytes) => void bytes.writeFloatLE(Number.NaN, bytes.length - 4), ': row 4 of its output table holds NaN.'],
  ]
  it.each(cases)('%s is one line', (_, change, message) => {
    expect(() => readFastTextBinary(broken(change))).toThrow(message)
  })
})
