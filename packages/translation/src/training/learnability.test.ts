import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateParallel, Random } from '@parlance/corpora'
import { useDevice } from '@parlance/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trainingConfigSchema } from '../config.js'
import type { Pair } from '../data/read-pairs.js'
import { Translator } from '../translator.js'
import { trainTranslator, type TrainTranslatorOptions } from './train-translator.js'

const TEST = 500
const progress = { write: () => true } as unknown as NonNullable<TrainTranslatorOptions['progress']>
let root: string
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'learnability-'))
  await useDevice('cpu', { threads: 1 })
})
afterAll(() => rmSync(root, { recursive: true }))

/** Sequences of 3 to 8 letters, all different. */
function sequences(count: number): string[][] {
  const random = new Random(1)
  const found = new Map<string, string[]>()
  while (found.size < count) {
    const letters = Array.from({ length: 3 + random.integer(6) }, () => random.pick([...'abcdefghijklmnop']))
    found.set(letters.join(' '), letters)
  }
  return [...found.values()]
}

/** Trains on all pairs but the last 500; the share of these that is translated, greedily, exactly as it should be. */
async function exactMatches(name: string, pairs: readonly Pair[], settings: object): Promise<number> {
  const write = (file: string, part: readonly Pair[]) => {
    const path = join(root, `${name}-${file}.tsv`)
    writeFileSync(path, part.map(({ source, target }) => `${source}\t${target}\n`).join(''))
    return path
  }
  const [train, valid] = [write('train', pairs.slice(0, -TEST)), write('valid', pairs.slice(0, 20))]
  const config = trainingConfigSchema.parse({
    cleaning: 'basic', width: 64, heads: 4, encoderLayers: 2, decoderLayers: 1, feedForwardWidth: 128, dropout: 0,
    labelSmoothing: 0, batchShapes: 4, warmupSteps: 100, schedule: 'linear', averageDecay: 0.98, evaluateEvery: 1e6,
    checkpointEvery: 1e6, ...settings,
  })
  const output = join(root, name)
  await trainTranslator({ files: { train: [train], valid: [valid] }, output, config, threads: 1, progress })
  const translator = await Translator.load(output, { threads: 1 })
  const test = pairs.slice(-TEST)
  const translations = await translator.translate(test.map(({ source }) => source), { beamSize: 1 })
  translator.dispose()
  return translations.filter(({ text }, i) => text === test[i]?.target).length / TEST
}

// The limit is for machines that are busy with other things: on one free core all three take a minute and a half.
describe('a small transformer learns', { timeout: 900_000 }, () => {
  it('to copy', async () => {
    const pairs = sequences(4500).map((letters) => ({ source: letters.join(' '), target: letters.join(' ') }))
    expect(await exactMatches('copy', pairs, { vocabSize: 300, batchTokens: 2000, learningRate: 0.006, maxSteps: 400 })).toBeGreaterThanOrEqual(0.99)
  })

  it('to reverse', async () => {
    const pairs = sequences(8500).map((letters) => ({ source: letters.join(' '), target: [...letters].reverse().join(' ') }))
    expect(await exactMatches('reverse', pairs, { vocabSize: 300, batchTokens: 2000, learningRate: 0.006, maxSteps: 700 })).toBeGreaterThanOrEqual(0.99)
  })

  it('a made-up language of 20,000 pairs, its agreement and its order of words', async () => {
    const pairs = generateParallel({ seed: 1, pairs: 20_000 + TEST })
    expect(await exactMatches('grammar', pairs, { vocabSize: 500, batchTokens: 2000, learningRate: 0.005, maxSteps: 1200 })).toBeGreaterThanOrEqual(0.99)
  })
})
