import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plantedText } from '../testing/planted.js'
import { generateSessions, popularityHits } from '../testing/sessions.js'
import type { Texts } from '../text/read-texts.js'
import { WordVectors } from '../vectors/word-vectors.js'
import { evaluateStarSpace } from './evaluate.js'
import { partsOf } from './examples.js'
import { Features } from './features.js'
import { loadStarSpace, saveStarSpace } from './model-folder.js'
import { type StarSpace, trainStarSpace } from './starspace.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-starspace-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const textsOf = (...lines: string[]): Texts => async function* () { yield lines.map((line) => `${line}\n`).join('') }

/** Sentences of planted topics with the topic as label. */
function tagged(seed: number, count: number): string[] {
  return plantedText(seed, count)
    .trim()
    .split('\n')
    .flatMap((line) => {
      const topic = /\b([abcd])\d/.exec(line)?.[1]
      return topic ? [`${line} __label__${topic}`] : []
    })
}

const FAST = { dimensions: 16, threads: 1, learningRate: 0.1 } as const

describe('lines', () => {
  it('are cut by the kind of their file', () => {
    expect(partsOf('__label__x the cat __label__y', 'tags')).toEqual([['the', 'cat'], ['__label__x'], ['__label__y']])
    expect(partsOf('p1 p2', 'pages')).toEqual([['p1'], ['p2']])
    expect(partsOf('a b\t\tc d\r', 'sentences')).toEqual([['a', 'b'], ['c', 'd']])
  })
})

describe('n-grams', () => {
  const features = new Features(['new', 'york', 'city'], 3, 1000)
  it('follow the words and depend on the order', () => {
    const [first, second] = [features.of(['new', 'york', 'city']), features.of(['york', 'new', 'city'])]
    expect(first.slice(0, 3)).toEqual([0, 1, 2])
    expect(first).toHaveLength(6)
    expect(first.slice(3).every((row) => row >= 3 && row < features.rows)).toBe(true)
    expect(first[3]).not.toBe(second[3])
    expect(features.of(['new', 'york'])).toEqual([0, 1, first[3]])
  })

  it('have words in them that have no row', () => {
    expect(features.of(['unknown', 'york'])).toHaveLength(2)
  })
})

describe('tags', () => {
  it.each([{ loss: 'softmax', similarity: 'dot' }, { loss: 'margin', similarity: 'cosine', ngrams: 2, buckets: 500 }] as const)(
    'of planted topics are predicted: %j',
    async (options) => {
      const { model, epochs } = await trainStarSpace({ tags: textsOf(...tagged(1, 600)) }, { ...FAST, ...options, epochs: 5 })
      expect(epochs.at(-1)!.loss).toBeLessThan(epochs[0]!.loss)
      const { hits, queries, signature } = await evaluateStarSpace(model, textsOf(...tagged(2, 200)), 'tags')
      expect(queries).toBeGreaterThan(190)
      expect(hits[1]).toBeGreaterThan(0.97) // 0.25 by chance
      expect(signature).toBe('tags|filtered|ties:realistic|candidates:all labels')
      expect(model.predictTags('b1 b2 the0', 2).map(({ label }) => label)[0]).toBe('__label__b')
      expect(model.predictTags('__label__a b1 b2 the0', 4)).toEqual(model.predictTags('b1 b2 the0', 4))
      expect(model.predictTags('unseen')).toEqual([])
    },
  )

  it('are learnt alike with one thread and one seed, and otherwise with another', async () => {
    const train = async (seed: number) => (await trainStarSpace({ tags: textsOf(...tagged(1, 60)) }, { ...FAST, epochs: 2, dropout: 0.3, seed })).model.values()
    const first = await train(1)
    expect(await train(1)).toEqual(first)
    expect(await train(2)).not.toEqual(first)
  })

  it('are learnt by threads together', async () => {
    const { model, epochs } = await trainStarSpace({ tags: textsOf(...tagged(1, 600)) }, { ...FAST, threads: 2, epochs: 5, loss: 'softmax', similarity: 'dot' })
    expect(epochs.at(-1)!.examples).toBe(tagged(1, 600).length)
    expect((await evaluateStarSpace(model, textsOf(...tagged(2, 100)), 'tags')).hits[1]).toBeGreaterThan(0.95)
  })
})

describe('pages', () => {
  it('are recommended better than the popular ones, 1.5 times at least', async () => {
    const sessions = generateSessions({ seed: 1, users: 1500, pages: 200, interests: 10, longest: 12, noise: 0.1 })
    const [training, test] = [sessions.slice(0, 1350), sessions.slice(1350)]
    const { model } = await trainStarSpace({ pages: textsOf(...training) }, { ...FAST, dimensions: 24, epochs: 8, margin: 0.2, negatives: 20 })
    const { hits } = await evaluateStarSpace(model, textsOf(...test), 'pages')
    expect(hits[10]! / popularityHits(training, test, 10)).toBeGreaterThan(1.5)
    const liked = test[0]!.split(' ')
    const found = model.predictPages(liked, 5).map(({ label }) => label)
    expect(found).toHaveLength(5)
    expect(found.filter((page) => liked.includes(page))).toEqual([])
  })
})

describe('sentences', () => {
  it('find the one that belongs to them, and share a space with tags', async () => {
    // Each pair has two words of its own among words of all.
    const pair = (i: number, other: number) => `x${i} the${other} y${i}\tz${i} the${(other + 1) % 4} w${i}`
    const pairs = Array.from({ length: 60 }, (_, i) => Array.from({ length: 8 }, (_, j) => pair(i, j % 4))).flat()
    const { model } = await trainStarSpace({ sentences: textsOf(...pairs), tags: textsOf(...tagged(1, 200)) }, { ...FAST, dimensions: 32, epochs: 12, margin: 0.3 })
    const test = Array.from({ length: 60 }, (_, i) => pair(i, 1))
    expect((await evaluateStarSpace(model, textsOf(...test), 'sentences')).hits[1]).toBeGreaterThan(0.9) // 0.017 by chance
    expect((await evaluateStarSpace(model, textsOf(...tagged(2, 100)), 'tags')).hits[1]).toBeGreaterThan(0.9)
  })
})

describe('a model', () => {
  let model: StarSpace
  beforeAll(async () => {
    model = (await trainStarSpace({ tags: textsOf(...tagged(1, 100)), pages: textsOf('p q r', 'q r') }, { ...FAST, epochs: 1, ngrams: 2, buckets: 50 })).model
  })

  it('comes back from its folder', () => {
    saveStarSpace(model, join(folder, 'model'))
    const loaded = loadStarSpace(join(folder, 'model'))
    expect(loaded.config).toEqual(model.config)
    expect(loaded.labels).toEqual(model.labels)
    expect(loaded.values()).toEqual(model.values())
    expect(loaded.predictTags('a1 a2', 4)).toEqual(model.predictTags('a1 a2', 4))
    expect(loaded.predictPages(['p'], 5).map(({ label }) => label).toSorted()).toEqual(['q', 'r'])
  })

  it('is refused from a folder of something else', () => {
    writeFileSync(join(folder, 'config.json'), '{"type":"word2vec"}')
    expect(() => loadStarSpace(folder)).toThrow('is no config of a StarSpace model: ')
  })

  it('embeds a bag as its scaled sum', async () => {
    const { model } = await trainStarSpace({ tags: textsOf(...tagged(1, 50)) }, { ...FAST, epochs: 1 })
    const vectors = model.vectors()
    const [a, b] = [vectors.vector('a1')!, vectors.vector('b2')!]
    for (const [d, value] of model.embed('a1 b2 unseen')!.entries()) expect(value).toBeCloseTo((a[d]! + b[d]!) / Math.SQRT2, 6)
  })

  it('begins with given vectors', async () => {
    const lines = tagged(1, 50)
    const initial = new WordVectors(['a1', 'none'], Float32Array.from({ length: 32 }, (_, i) => i / 10), 16)
    // Steps too small for float32 leave them.
    const { model } = await trainStarSpace({ tags: textsOf(...lines) }, { ...FAST, epochs: 1, learningRate: 1e-12, optimizer: 'sgd', initial })
    expect(model.vectors().vector('a1')).toEqual(initial.vector('a1'))
    await expect(trainStarSpace({ tags: textsOf(...lines) }, { ...FAST, dimensions: 8, initial })).rejects.toThrow('The initial vectors are 16 wide and the model 8')
  })
})

describe('what cannot be learnt from', () => {
  it.each([
    [{ tags: textsOf('a b c') }, {}, 'The tags hold no example: expected words and labels that begin with __label__ in a line.'],
    [{ pages: textsOf('p1') }, {}, 'The pages hold no example: expected two pages or more in a line.'],
    [{ sentences: textsOf('a b', '\t') }, {}, 'The sentences hold no example: expected two texts or more with tabs between in a line.'],
    [{}, {}, 'Name something to learn from: tags, pages, sentences.'],
    [{ tags: textsOf('a b __label__c') }, { minCount: 5 }, 'No example of the tags is left with two sides: lower the minimum counts.'],
    [{ tags: textsOf('a b __label__c') }, { dimensions: 0 }, 'dimensions cannot be: '],
    [{ tags: textsOf('a b __label__c') }, { learningRate: -1 }, 'learningRate cannot be: '],
  ])('%# is one line', async (texts, options, message) => {
    await expect(trainStarSpace(texts, options)).rejects.toThrow(message)
  })

  it('asks of a model what it can know', async () => {
    const { model } = await trainStarSpace({ tags: textsOf('a b __label__c', 'a d __label__e') }, FAST)
    await expect(evaluateStarSpace(model, textsOf('p q'), 'pages')).rejects.toThrow('The model knows the answer to none of 2 questions')
    await expect(evaluateStarSpace(model, textsOf('no label'), 'tags')).rejects.toThrow('The tags hold no example')
  })
})
