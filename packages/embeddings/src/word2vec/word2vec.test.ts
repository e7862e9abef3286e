import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plantedText, purity } from '../testing/planted.js'
import { type Corpus, readCorpus } from '../text/corpus.js'
import { readTexts } from '../text/read-texts.js'
import { NearestWords } from '../vectors/nearest.js'
import { loadWord2Vec, saveWord2Vec } from './model-folder.js'
import type { Word2VecOptions } from './options.js'
import { Vocabulary } from './vocabulary.js'
import { continueWord2Vec, trainWord2Vec, Word2Vec } from './word2vec.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-word2vec-'))
const file = join(folder, 'planted.txt.gz')
const texts = readTexts([file])
beforeAll(() => writeFileSync(file, gzipSync(plantedText(1, 3000))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const small = { dimensions: 16, sample: 0, learningRate: 0.05, epochs: 5, threads: 1, seed: 3 } satisfies Word2VecOptions

async function purityOf(model: Word2Vec): Promise<number> {
  const nearest = new NearestWords(model.vectors())
  return purity((word) => nearest.ofWord(word, 3))
}

describe('planted topics', () => {
  const kinds: [name: string, options: Word2VecOptions][] = [
    ['skip-gram', {}],
    ['skip-gram on three threads', { threads: 3 }],
    ['hierarchical softmax', { loss: 'hierarchical-softmax' }],
    ['CBOW', { architecture: 'cbow' }],
    ['n-grams', { subwords: { minN: 2, maxN: 3, buckets: 1000 } }],
  ]
  it.each(kinds)('are found by %s, at a falling loss', async (_, options) => {
    const { model, epochs } = await trainWord2Vec(texts, { ...small, ...options })
    // A third of the vectors' neighbours would be words of all topics without training.
    expect(await purityOf(model)).toBeGreaterThan(0.95)
    expect(epochs).toHaveLength(5)
    expect(epochs[4]!.loss).toBeLessThan(epochs[0]!.loss)
  })
})

describe('the loss', () => {
  it('is the mean over examples: at first each decision costs ln 2', async () => {
    const options = { ...small, epochs: 1, learningRate: 1e-12, seed: 1 }
    const { epochs } = await trainWord2Vec(texts, { ...options, negatives: 7 })
    // A noise word that is the word itself is left out; by this distribution about one in thirty is.
    expect(epochs[0]!.loss / Math.LN2).toBeGreaterThan(1 + 7 * 0.95)
    expect(epochs[0]!.loss / Math.LN2).toBeLessThan(1 + 7 * 0.98)
    const cbow = await trainWord2Vec(texts, { ...options, architecture: 'cbow' })
    // Sentences of ten words give each word a context.
    expect(cbow.epochs[0]!.examples).toBe(30_000)
  })

  it('that is no number ends the training', async () => {
    await expect(trainWord2Vec(texts, { ...small, learningRate: 1e30 })).rejects.toThrow(/^The training diverged: the mean loss of epoch 1 is (NaN|Infinity); take a learning rate below 1e\+30\.$/)
  })
})

describe('runs', () => {
  let corpus: Corpus
  let vocabulary: Vocabulary
  beforeAll(async () => {
    corpus = await readCorpus(texts)
    vocabulary = Vocabulary.of(corpus.words, corpus.counts)
  })
  afterAll(() => corpus.dispose())

  it('on one thread repeat exactly, and go on exactly after a saved epoch', async () => {
    const saved = join(folder, 'model')
    const whole = Word2Vec.create(small, vocabulary, { seed: 3 })
    await whole.train(corpus, {
      ...small,
      onEpoch: ({ epoch }) => {
        if (epoch === 2) saveWord2Vec(whole, saved, { finishedEpochs: 2 })
      },
    })
    const { model, finishedEpochs } = loadWord2Vec(saved)
    expect(finishedEpochs).toBe(2)
    expect(model.vocabulary.words).toEqual(vocabulary.words)
    expect(model.vocabulary.counts).toEqual(vocabulary.counts)
    const epochs = await model.train(corpus, { ...small, firstEpoch: 3 })
    expect(epochs.map(({ epoch }) => epoch)).toEqual([3, 4, 5])
    expect(model.tables()).toEqual(whole.tables())
    const other = Word2Vec.create(small, vocabulary, { seed: 3 })
    await other.train(corpus, { ...small, seed: 4 })
    expect(other.tables()).not.toEqual(whole.tables())
  })

  it('on several threads go through all words', async () => {
    const seen: number[] = []
    const model = Word2Vec.create(small, vocabulary)
    await model.train(corpus, { ...small, epochs: 2, threads: 3, onProgress: ({ words }) => seen.push(words) })
    expect(seen.at(-1)).toBe(2 * vocabulary.total)
  })

  it('end soon when they are told to, with vectors that can be used', async () => {
    const abort = new AbortController()
    const model = Word2Vec.create(small, vocabulary)
    const epochs = await model.train(corpus, { ...small, epochs: 1000, signal: abort.signal, onEpoch: () => abort.abort() })
    expect(epochs).toHaveLength(1)
    expect(model.vectors().size).toBe(vocabulary.size)
  })

  it('remove their temporary files', async () => {
    const own = await readCorpus(texts)
    expect(existsSync(own.file)).toBe(true)
    own.dispose()
    expect(existsSync(own.file)).toBe(false)
  })
})

describe('going on with other texts', () => {
  it('keeps what it knows and learns new words', async () => {
    const { model } = await trainWord2Vec(texts, small)
    const before = model.vectors()
    // a8 is new and used as words of topic a are.
    const more = plantedText(5, 800).replaceAll('a7', 'a8')
    const { model: extended } = await continueWord2Vec(model, async function* () {
      yield more
    }, { ...small, learningRate: 0.025 })
    expect(extended.vocabulary.words.slice(0, before.size)).toEqual(before.words)
    expect(extended.vocabulary.words.slice(before.size)).toEqual(['a8'])
    const nearest = new NearestWords(extended.vectors())
    expect(nearest.ofWord('a8', 4).every(({ word }) => word.startsWith('a'))).toBe(true)
    expect(purity((word) => nearest.ofWord(word, 3))).toBeGreaterThan(0.95)
  })

  it('keeps rows of n-grams, which lie behind those of words', async () => {
    const subwords = { minN: 2, maxN: 3, buckets: 200 }
    const { model } = await trainWord2Vec(texts, { ...small, subwords, epochs: 1 })
    const corpus = await readCorpus(async function* () {
      yield 'brandnew '.repeat(9)
    })
    const unseen = model.vector('a77')!
    const known = model.vector('a1')!
    const extended = model.extended(corpus)
    corpus.dispose()
    expect(extended.vocabulary.words.at(-1)).toBe('brandnew')
    expect(extended.vector('a77')).toEqual(unseen)
    expect(extended.vector('a1')).toEqual(known)
  })

  it('passes new words over with hierarchical softmax', async () => {
    const { model } = await trainWord2Vec(texts, { ...small, loss: 'hierarchical-softmax', epochs: 1 })
    const more = async function* () {
      yield `${plantedText(5, 50)}${'brandnew '.repeat(9)}`
    }
    const { model: same } = await continueWord2Vec(model, more, { ...small, epochs: 1 })
    expect(same.vocabulary.indexOf('brandnew')).toBeUndefined()
    await expect(continueWord2Vec(model, more, { newWords: true })).rejects.toThrow('takes no new words')
  })
})

describe('rare words', () => {
  it('get vectors of their n-grams', async () => {
    const subwords = { minN: 2, maxN: 3, buckets: 1000 }
    const { model } = await trainWord2Vec(texts, { ...small, subwords })
    const nearest = new NearestWords(model.vectors())
    const topics = ['a', 'b', 'c', 'd'].map((topic) => nearest.ofVector(model.vector(`${topic}77`)!, 3).map(({ word }) => word[0]))
    expect(topics).toEqual([['a', 'a', 'a'], ['b', 'b', 'b'], ['c', 'c', 'c'], ['d', 'd', 'd']])
    const plain = await trainWord2Vec(texts, { ...small, epochs: 1 })
    expect(plain.model.vector('a77')).toBeUndefined()
  })
})

describe('wrong options', () => {
  const cases: [Word2VecOptions, string][] = [
    [{ dimensions: 0 }, 'dimensions must be a whole number from 1 on, got 0.'],
    [{ window: 2.5 }, 'window must be a whole number from 1 on, got 2.5.'],
    [{ negatives: 0 }, 'negatives must be a whole number from 1 on, got 0.'],
    [{ threads: 0 }, 'threads must be a whole number from 1 on, got 0.'],
    [{ epochs: 0 }, 'epochs must be a whole number from 1 on, got 0.'],
    [{ seed: -1 }, 'seed must be a whole number from 0 on, got -1.'],
    [{ sample: 1 }, 'sample must lie in [0, 1), got 1.'],
    [{ learningRate: 0 }, 'learningRate must be a positive number, got 0.'],
    [{ noiseExponent: Number.NaN }, 'noiseExponent must be a number, got NaN.'],
    [{ subwords: { minN: 4, maxN: 3, buckets: 10 } }, 'subwords.maxN must be a whole number from 4 on, got 3.'],
    [{ minCount: 100_000 }, 'in the texts is there 100000 times: lower the minimum count.'],
  ]
  it.each(cases)('%j are one line', async (options, message) => {
    await expect(trainWord2Vec(texts, options)).rejects.toThrow(message)
  })

  it('includes tables of another size, or too large ones', () => {
    const vocabulary = new Vocabulary(['</s>', 'a'], [1, 1])
    const tables = { input: new Float32Array(8), output: new Float32Array(9) }
    expect(() => Word2Vec.create({ dimensions: 4 }, vocabulary, { tables })).toThrow('The output table of 2 rows of 4 needs 8 values, got 9.')
    const subwords = { minN: 3, maxN: 6, buckets: 20_000_000 }
    expect(() => Word2Vec.create({ dimensions: 100, subwords }, vocabulary)).toThrow('GiB of shared memory, and there are at most 4 GiB')
  })
})
