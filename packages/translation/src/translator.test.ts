import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateParallel } from '@parlance/corpora'
import { greedy, suppressTokens } from '@parlance/decoding'
import { readSafetensors, useDevice, writeSafetensors } from '@parlance/runtime'
import { GraphSession } from '@parlance/runtime/session'
import { trainBpe } from '@parlance/tokenizer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trainingConfigSchema } from './config.js'
import { evaluateTranslator, spread } from './evaluate.js'
import { readFolderConfig } from './folder-config.js'
import { GraphTranslationModel } from './graph-model.js'
import { END, PAD, SPECIAL_TOKENS, START, UNKNOWN } from './special-tokens.js'
import { encodeSource } from './text-codec.js'
import { trainTranslator } from './training/train-translator.js'
import { MAX_SOURCE_TOKENS, Translator } from './translator.js'

const pairs = generateParallel({ seed: 1, pairs: 700 })
let root: string
let folder: string
let translator: Translator

// A model that has learned something but not all: scores lie close together, so that the search has to choose.
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'translator-'))
  folder = join(root, 'model')
  const data = join(root, 'pairs.tsv')
  writeFileSync(data, pairs.slice(500).map(({ source, target }) => `${source}\t${target}\n`).join(''))
  await useDevice('cpu', { threads: 1 })
  const config = trainingConfigSchema.parse({
    vocabSize: 400, width: 32, heads: 2, encoderLayers: 2, decoderLayers: 2, feedForwardWidth: 64, dropout: 0.1,
    batchTokens: 600, batchShapes: 3, warmupSteps: 40, learningRate: 0.01, maxSteps: 400, evaluateEvery: 400, evaluateSentences: 20,
  })
  await trainTranslator({ files: { train: [data], valid: [data] }, output: folder, config, threads: 1 })
  translator = await Translator.load(folder, { threads: 2 })
})
afterAll(() => rmSync(root, { recursive: true }))

describe('Translator', () => {
  const lines = pairs.slice(0, 500).map(({ source }) => source)

  it('has learned something', async () => {
    const { bleu } = await evaluateTranslator(translator, pairs.slice(500, 600))
    expect(bleu.score).toBeGreaterThan(5)
    expect(bleu.score).toBeLessThan(99)
  })

  it('translates a sentence alone as in batches of 7 and of 64, to the last bit', async () => {
    const inBatches = async (batchSize: number) => {
      const translations = await translator.translate(lines, { batchSize })
      return translations.map(({ text, hypotheses }) => ({ text, score: hypotheses[0]?.score }))
    }
    const alone = await inBatches(1)
    expect(new Set(alone.map(({ text }) => text)).size).toBeGreaterThan(100)
    expect(await inBatches(7)).toEqual(alone)
    expect(await inBatches(64)).toEqual(alone)
  })

  it('keeps order and blank lines', async () => {
    const [a, b, c, d] = await translator.translate([lines[3]!, '', '  \t', `  ${lines[0]!} `])
    const nothing = { text: '', hypotheses: [], sourcePieces: [], truncated: false }
    expect([b, c]).toEqual([nothing, nothing])
    const alone = await translator.translate([lines[0]!, lines[3]!])
    expect([d?.text, a?.text]).toEqual(alone.map(({ text }) => text))
  })

  it('with a beam of 1 says what greedy search says', async () => {
    const graphs = ['encoder.onnx', 'decoder.onnx'].map((name) => GraphSession.load(join(folder, name), { threads: 1 }))
    const { model } = readFolderConfig(folder)
    const graphModel = new GraphTranslationModel(graphs[0]!, graphs[1]!, model)
    const some = lines.slice(0, 40)
    const translations = await translator.translate(some, { beamSize: 1 })
    const never = new Set([START, PAD, UNKNOWN])
    for (const [i, line] of some.entries()) {
      const source = encodeSource(translator.tokenizer, line)
      const [found] = await greedy(graphModel, [source], {
        prompts: [[START]],
        eos: END,
        maxLength: 2 * source.length + 10,
        filters: [suppressTokens(never)],
      })
      expect([...translations[i]!.hypotheses[0]!.tokens]).toEqual([...found!.tokens])
      expect(translations[i]!.hypotheses[0]!.logProb).toBeCloseTo(found!.logProb, 10)
    }
    for (const graph of graphs) graph.dispose()
  })

  it('returns the n best, best first, and obeys the length limit', async () => {
    const [translation] = await translator.translate([lines[1]!], { beamSize: 5, nBest: 3 })
    const scores = translation!.hypotheses.map(({ score }) => score)
    expect(scores.length).toBe(3)
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
    expect(new Set(translation!.hypotheses.map(({ tokens }) => tokens.join())).size).toBe(3)
    const [short] = await translator.translate([lines[1]!], { maxLength: 2 })
    expect(short!.hypotheses[0]!.tokens.length).toBeLessThanOrEqual(2)
  })

  it('cuts a source that is too long and says so', async () => {
    const [long, whole] = await translator.translate(['x'.repeat(100_000), 'the dog sleeps .'], { beamSize: 1, maxLength: 5 })
    expect([long?.truncated, whole?.truncated]).toEqual([true, false])
    expect(MAX_SOURCE_TOKENS).toBeLessThan(100_000)
  })

  it.each([
    [{ beamSize: 0 }, /beamSize must be a whole number of 1 or more, got 0/],
    [{ beamSize: 2, nBest: 3 }, /nBest must be at most beamSize, 2, got 3/],
    [{ lengthPenalty: -1 }, /lengthPenalty must be 0 or more, got -1/],
    [{ batchSize: 1.5 }, /batchSize must be a whole number/],
  ])('rejects %o', async (options, message) => {
    await expect(translator.translate(['a'], options)).rejects.toThrow(message)
  })
})

describe('Translator.load', () => {
  function broken(name: string, change: (folder: string) => void): string {
    const copy = join(root, name)
    cpSync(folder, copy, { recursive: true })
    change(copy)
    return copy
  }

  it('rejects a folder that is not there', async () => {
    await expect(Translator.load(join(root, 'nowhere'))).rejects.toThrow(/nowhere: there is no such model folder/)
  })

  it('rejects a tokenizer of another vocabulary', async () => {
    const other = await trainBpe(['some other text'], { vocabSize: 262, specialTokens: SPECIAL_TOKENS })
    const copy = broken('tokenizer', (copy) => writeFileSync(join(copy, 'tokenizer.json'), JSON.stringify(other.toJSON())))
    await expect(Translator.load(copy)).rejects.toThrow(/tokenizer\.json: is not the tokenizer that the model was trained with/)
  })

  it('rejects weights of another shape', async () => {
    const copy = broken('shape', (copy) => {
      const { tensors } = readSafetensors(join(copy, 'model.safetensors'))
      tensors.set('model.encoder.layer_norm.bias', { dtype: 'F32', shape: [3], data: new Float32Array(3) })
      tensors.delete('model.decoder.layer_norm.bias')
      writeSafetensors(join(copy, 'model.safetensors'), tensors)
    })
    await expect(Translator.load(copy)).rejects.toThrow(
      /the weights are not those of the model in config\.json: model\.encoder\.layer_norm\.bias has shape \[3\], wanted \[32\]; model\.decoder\.layer_norm\.bias is missing/,
    )
  })

  it('rejects weights that are cut short, and configs of other models', async () => {
    const cut = broken('cut', (copy) => {
      const file = join(copy, 'model.safetensors')
      writeFileSync(file, readFileSync(file).subarray(0, 5000))
    })
    await expect(Translator.load(cut)).rejects.toThrow(/model\.safetensors/)
    const other = broken('other', (copy) => writeFileSync(join(copy, 'config.json'), '{"model_type":"opt"}'))
    await expect(Translator.load(other)).rejects.toThrow(/config\.json: it names a model of type "opt", not "m2m_100": give a folder/)
  })

  it('says how to write graphs that are missing', async () => {
    const copy = broken('graphs', (copy) => rmSync(join(copy, 'decoder.onnx')))
    await expect(Translator.load(copy)).rejects.toThrow(/decoder\.onnx: there is no such file: run "parlance-translate export --model/)
  })
})

describe('spread', () => {
  it('takes items from the whole list', () => {
    expect(spread([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 4)).toEqual([0, 2, 5, 7])
    expect(spread([1, 2], 4)).toEqual([1, 2])
  })
})
