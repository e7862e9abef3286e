import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateParallel } from '@parlance/corpora'
import { UsageError } from '@parlance/nn/command-line'
import { readSafetensors, useDevice } from '@parlance/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trainingConfigSchema } from '../config.js'
import { evaluateTranslator } from '../evaluate.js'
import { paddedLength } from '../graph-model.js'
import { exportTranslator } from '../inference-files.js'
import { learnShortlist, shortlistCoverage } from '../shortlist/learn-shortlist.js'
import { SHORTLIST_FILE } from '../shortlist/shortlist-file.js'
import type { Shortlist } from '../shortlist/shortlist.js'
import { trainTranslator } from '../training/train-translator.js'
import { encodeSource } from '../text-codec.js'
import type { TranslateOptions } from '../search/translate-options.js'
import { type Translation, Translator } from '../translator.js'
import { QUANTIZATIONS, quantizeTranslator } from './quantize-translator.js'

const pairs = generateParallel({ seed: 1, pairs: 700 })
const lines = pairs.slice(0, 70).map(({ source }) => source)
let root: string
let model: string
let shortlist: Shortlist

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'quantize-'))
  model = join(root, 'model')
  const data = join(root, 'pairs.tsv')
  writeFileSync(data, pairs.map(({ source, target }) => `${source}\t${target}\n`).join(''))
  await useDevice('cpu', { threads: 1 })
  const config = trainingConfigSchema.parse({
    vocabSize: 1000, width: 64, heads: 2, encoderLayers: 1, decoderLayers: 1, feedForwardWidth: 128, dropout: 0.1,
    batchTokens: 600, batchShapes: 2, warmupSteps: 40, learningRate: 0.01, maxSteps: 200, evaluateEvery: 200, evaluateSentences: 5,
  })
  await trainTranslator({ files: { train: [data], valid: [data] }, output: model, config, threads: 1 })
  shortlist = await learnShortlist(model, pairs)
})
afterAll(() => rmSync(root, { recursive: true }))

function shown(translations: readonly Translation[], expected: (logProb: number) => unknown = (logProb) => logProb): unknown[] {
  return translations.map(({ text, hypotheses }) => [text, hypotheses.map(({ logProb, tokens }) => [expected(logProb), [...tokens]])])
}

describe('quantizeTranslator', () => {
  it.each(QUANTIZATIONS)('writes a folder of %s that translates nearly as well, a sentence alone as in any batch', async (to) => {
    const output = join(root, to)
    quantizeTranslator({ model, output, to })
    const size = (folder: string) => statSync(join(folder, 'model.safetensors')).size
    expect(size(output) / size(model)).toBeLessThan({ int8: 0.32, 'int8-weights': 0.32, int4: 0.25, float16: 0.53 }[to])
    const [before, after] = [await Translator.load(model, { threads: 1 }), await Translator.load(output, { threads: 2 })]
    const some = pairs.slice(0, 200)
    const [wanted, got] = [await evaluateTranslator(before, some, { beamSize: 1 }), await evaluateTranslator(after, some, { beamSize: 1 })]
    expect(wanted.bleu.score).toBeGreaterThan(5)
    expect(Math.abs(got.bleu.score - wanted.bleu.score)).toBeLessThan(to === 'int4' ? 0.35 * wanted.bleu.score : 0.1 * wanted.bleu.score)
    for (const beamSize of [1, 4]) {
      // On CPUs without VNNI, products in 4 bits end in other last bits in company, and what is rounded next may be rounded otherwise.
      const near = to === 'int4' ? (logProb: number): unknown => expect.closeTo(logProb, 1) : undefined
      const alone = shown(await after.translate(lines, { batchSize: 1, beamSize }), near)
      expect(shown(await after.translate(lines, { batchSize: 7, beamSize }))).toEqual(alone)
      expect(shown(await after.translate(lines, { batchSize: 64, beamSize }))).toEqual(alone)
    }
    before.dispose()
    after.dispose()
  })

  it('keeps sentences to their shortlists, alone as in any batch, unless they must say something else', async () => {
    const output = join(root, 'shortlisted')
    quantizeTranslator({ model, output, to: 'int8', shortlist })
    const translator = await Translator.load(output, { threads: 2 })
    const alone = shown(await translator.translate(lines, { batchSize: 1 }))
    expect(shown(await translator.translate(lines, { batchSize: 7 }))).toEqual(alone)
    expect(shown(await translator.translate(lines, { batchSize: 64 }))).toEqual(alone)
    const sources = lines.map((line) => encodeSource(translator.tokenizer, line))
    const lists = sources.map((source) => new Set(shortlist.choose(source, paddedLength(source.length))))
    const outside = async (options: TranslateOptions) => {
      const found = await translator.translate(lines, options)
      return found.flatMap(({ hypotheses: [best] }, i) => [...(best?.tokens ?? [])].filter((token) => !lists[i]?.has(token))).length
    }
    expect(await outside({})).toBe(0)
    expect(await outside({ sampling: { seed: 3, temperature: 2 } })).toBeGreaterThan(10)
    // Company that must say something else changes nothing.
    const prefixed = lines.slice(0, 10).map((text) => ({ text, prefix: 'Zug ' }))
    const together = await translator.translate([...prefixed, ...lines])
    for (const { text } of together.slice(0, 10)) expect(text).toMatch(/^Zug/u)
    expect(shown(together.slice(10))).toEqual(alone)
    translator.dispose()
  })

  it('says how much of the references a shortlist covers', async () => {
    const { tokens, sentences, size } = await shortlistCoverage(model, shortlist, pairs.slice(0, 100))
    expect(tokens).toBeGreaterThan(0.9)
    expect(tokens).toBeLessThanOrEqual(1)
    expect(sentences).toBeLessThanOrEqual(tokens)
    expect(size).toBeGreaterThanOrEqual(704)
    expect(size).toBeLessThan(shortlist.vocabSize)
  })

  it('lets the graphs be written again, the same', () => {
    const output = join(root, 'shortlisted')
    const graphs = () => ['encoder.onnx', 'decoder.onnx'].map((name) => readFileSync(join(output, name)))
    const before = graphs()
    exportTranslator(output)
    expect(graphs()).toEqual(before)
    expect(readSafetensors(join(output, SHORTLIST_FILE)).tensors.get('frequent')?.shape).toEqual([shortlist.vocabSize])
  })

  it('takes away a shortlist that was there before, and says when weights and config do not go together', async () => {
    const output = join(root, 'shortlisted')
    quantizeTranslator({ model, output, to: 'int8' })
    expect(existsSync(join(output, SHORTLIST_FILE))).toBe(false)
    const config = join(output, 'config.json')
    const text = readFileSync(config, 'utf8')
    writeFileSync(config, text.replace('"scheme": "int8"', '"scheme": "int4"'))
    await expect(Translator.load(output)).rejects.toThrow(`model.shared.weight has shape [${shortlist.vocabSize}, 64], wanted [${shortlist.vocabSize}, 32]`)
    writeFileSync(config, JSON.stringify({ ...JSON.parse(text), quantization: undefined }))
    await expect(Translator.load(output)).rejects.toThrow('has dtype I8, wanted F32, F16 or BF16')
  })

  it('refuses a model that is quantized, and to write over the model', () => {
    expect(() => quantizeTranslator({ model: join(root, 'int8'), output: join(root, 'x'), to: 'int4' })).toThrow(
      /int8: is quantized to int8 already: give the folder that it was made from\.$/,
    )
    expect(() => quantizeTranslator({ model, output: `${model}/.`, to: 'int4' })).toThrow(UsageError)
  })
})
