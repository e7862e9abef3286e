import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateParallel } from '@parlance/corpora'
import { greedy, suppressTokens } from '@parlance/decoding'
import { UsageError } from '@parlance/nn/command-line'
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
import type { SourceLine, TranslateOptions } from './search/translate-options.js'
import { MAX_SOURCE_TOKENS, type Translation, Translator } from './translator.js'

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

  it('gives the same translations, draws included, when other processes help', async () => {
    const several = await Translator.load(folder, { threads: 2, workers: 3 })
    try {
      const sampling = { seed: 7, topK: 20 }
      for (const options of [{ batchSize: 4 }, { sampling, nBest: 2 }] satisfies TranslateOptions[]) {
        expect(await several.translate(lines, options)).toEqual(await translator.translate(lines, options))
      }
    } finally {
      several.dispose()
    }
  })

  it('refuses numbers of workers that are none', async () => {
    for (const workers of [0, 1.5, -1]) {
      await expect(Translator.load(folder, { workers })).rejects.toThrow(
        new UsageError(`workers must be "auto" or a whole number of 1 or more, got ${workers}.`))
    }
  })

  const phrases = ['der', 'ein', 'nicht']
  const asked = (text: string, i: number): SourceLine => ({
    text, ...(i % 3 === 0 && { phrases: [phrases[i % 9 / 3]!] }), ...(i % 4 === 0 && { prefix: ['d', 'ein ', 'das k'][i % 12 / 4]! }),
  })

  it.each<[string, TranslateOptions]>([
    ['greedily', { beamSize: 1 }],
    ['by diverse beams', { beamSize: 6, nBest: 4, diversity: { groups: 3, strength: 0.5 } }],
    ['by every other option at once', {
      beamSize: 6, nBest: 3, lengthPenalty: 0.6, lengthNormalization: 'gnmt', coveragePenalty: 0.2, patience: 2,
      noRepeatNgrams: 3, repetitionPenalty: 1.1, suppress: ['ist', 'die'], minLength: 3 }],
    ['by drawing', { nBest: 2, sampling: { seed: 5, temperature: 1.1, topK: 50, topP: 0.95, typicalP: 0.95 } }],
  ])('translates a sentence alone as in batches of 7 and of 64 %s, to the last bit', async (_, options) => {
    const some = lines.slice(0, 80)
    const searched = options.sampling !== undefined || options.diversity !== undefined ? some : some.map(asked)
    const inBatches = (batchSize: number) => translator.translate(searched, { ...options, batchSize })
    const alone = await inBatches(1)
    expect(new Set(alone.map(({ text }) => text)).size).toBeGreaterThan(40)
    expect(await inBatches(7)).toEqual(alone)
    expect(await inBatches(64)).toEqual(alone)
  })

  it('draws by the number of a line, whatever its place', async () => {
    const options = { nBest: 3, sampling: { seed: 9 } }
    const whole = await translator.translate(lines.slice(0, 10), options)
    const part = await translator.translate(lines.slice(4, 7).map((text, i) => ({ text, number: 4 + i })), options)
    expect(part).toEqual(whole.slice(4, 7))
    const texts = (translations: readonly Translation[]) => translations.map(({ hypotheses }) => hypotheses.map(({ text }) => text))
    const other = await translator.translate(lines.slice(0, 10), { ...options, sampling: { seed: 10 } })
    expect(texts(other)).not.toEqual(texts(whole))
    expect(whole.some(({ hypotheses }) => new Set(hypotheses.map(({ text }) => text)).size === 3)).toBe(true)
    expect(whole.map(({ text, hypotheses }) => text === hypotheses[0]?.text)).not.toContain(false)
  })

  it('begins as told, in the middle of a word too', async () => {
    const begun = lines.slice(0, 12).map((text, i) => ({ text, prefix: ['de', 'Eine K', 'x-y 7', 'der '][i % 4]! }))
    for (const options of [{ beamSize: 1 }, { beamSize: 5, nBest: 5 }, { sampling: { seed: 1, topK: 20 }, nBest: 3 }]) {
      const translations = await translator.translate(begun, options)
      translations.forEach(({ hypotheses }, i) => {
        for (const { text } of hypotheses) expect(`${text} `.startsWith(begun[i]!.prefix)).toBe(true)
      })
    }
    const words = (await translator.translate(begun, { beamSize: 1 })).map(({ text }, i) => text.slice(begun[i]!.prefix.length))
    // Some of those open words are gone on with, and a closed one is not.
    expect(words.some((rest, i) => i % 4 < 3 && /^\p{L}/u.test(rest))).toBe(true)
  })

  it('contains what it must, and never says what it must not', async () => {
    const some = lines.slice(0, 20)
    const wanted = some.map((text) => ({ text, phrases: ['Abend', 'der Hund'] }))
    for (const { hypotheses } of await translator.translate(wanted, { beamSize: 8, nBest: 4 })) {
      expect(hypotheses.length).toBeGreaterThan(0)
      for (const { text } of hypotheses) expect(text).toMatch(/(?=.*(^| )Abend)(?=.*(^| )der Hund)/u)
    }
    const free = (await translator.translate(some, { nBest: 4 })).flatMap(({ hypotheses }) => hypotheses.map(({ text }) => text))
    const words = new Map<string, number>()
    for (const word of free.flatMap((text) => [...new Set(text.split(' '))])) words.set(word, (words.get(word) ?? 0) + 1)
    const [first, second] = [...words].sort((a, b) => b[1] - a[1]).map(([word]) => word).filter((word) => /^\p{L}+$/u.test(word))
    for (const options of [{ nBest: 4 }, { beamSize: 1 }, { sampling: { seed: 1 } }]) {
      const found = await translator.translate(some, { ...options, suppress: [first!, second!] })
      const said = new Set(found.flatMap(({ hypotheses }) => hypotheses.flatMap(({ text }) => text.split(/[^\p{L}]+/u))))
      expect([said.size > 10, said.has(first!), said.has(second!)]).toEqual([true, false, false])
    }
  })

  it('obeys lengths and repeats nothing when told so', async () => {
    const some = lines.slice(0, 20)
    for (const { hypotheses } of await translator.translate(some, { minLength: 12, maxLength: 15, noRepeatNgrams: 2 })) {
      const tokens = [...hypotheses[0]!.tokens]
      expect(tokens.length).toBeGreaterThanOrEqual(12)
      expect(tokens.length).toBeLessThanOrEqual(15)
      const bigrams = tokens.slice(1).map((token, i) => `${tokens[i]} ${token}`)
      expect(new Set(bigrams).size).toBe(bigrams.length)
    }
  })

  it('tells of each hypothesis what the model thought', async () => {
    const translations = await translator.translate(lines.slice(0, 30), { nBest: 2 })
    for (const { hypotheses, sourcePieces } of translations) {
      for (const { text, pieces, tokens, tokenLogProbs, logProb, score, finished, attention, alignment } of hypotheses) {
        expect(pieces.join('').trim()).toBe(text)
        expect(tokenLogProbs.length).toBe(tokens.length + (finished ? 1 : 0))
        // float32 values added in float64 in another order
        expect(tokenLogProbs.reduce((sum, each) => sum + each, 0)).toBeCloseTo(logProb, 4)
        expect(score).toBeCloseTo(logProb / tokenLogProbs.length, 6)
        const width = sourcePieces.length + 1
        expect(attention.length).toBe(tokens.length * width)
        for (let t = 0; t < tokens.length; t++) {
          // a float32 softmax, averaged over heads
          expect(attention.subarray(t * width, (t + 1) * width).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5)
        }
        expect(alignment.map(([, target]) => target)).toEqual([...text.split(/\s+/u).keys()])
      }
    }
  })

  it('takes one line as it is, and gives one translation', async () => {
    const { text } = await translator.translate(lines[2]!)
    expect([{ text }]).toEqual((await translator.translate([lines[2]!])).map(({ text }) => ({ text })))
    expect(await translator.translate({ text: lines[2]!, prefix: 'Nein, ' })).toMatchObject({ text: expect.stringMatching(/^Nein, /u) as string })
    expect(await translator.translate(' ')).toEqual({ text: '', hypotheses: [], sourcePieces: [], truncated: false })
  })

  it('streams what greedy search says, a token at a time', async () => {
    for (const text of lines.slice(0, 10)) {
      const stream = translator.stream(text)
      const parts: string[] = []
      let next = await stream.next()
      for (; !next.done; next = await stream.next()) parts.push(next.value)
      expect(next.value).toEqual(await translator.translate(text, { beamSize: 1 }))
      expect(parts.length).toBeGreaterThan(3)
      expect(parts.at(-1)).toBe(next.value.text)
      for (const [i, part] of parts.entries()) expect(part.startsWith(parts[i - 1] ?? '')).toBe(true)
    }
    expect(await translator.stream('').next()).toMatchObject({ done: true, value: { text: '' } })
    await expect(translator.stream('a', { maxLength: 0 }).next()).rejects.toThrow('maxLength must be a whole number of 1 or more, got 0.')
  })

  it.each<[SourceLine, TranslateOptions, string]>([
    [{ text: 'a', phrases: [' '] }, {}, 'phrases of line 2 must hold words or phrases, got an empty one: leave it out.'],
    [{ text: 'a', phrases: ['b'] }, { sampling: { seed: 1 } },
      'line 2 has phrases to contain, which only beam search without diversity can do: leave one of them out.'],
    [{ text: 'a', phrases: ['b'] }, { diversity: { groups: 2, strength: 1 } },
      'line 2 has phrases to contain, which only beam search without diversity can do: leave one of them out.'],
    [{ text: 'a', prefix: 'zzz' }, { maxLength: 3 },
      'the prefix and phrases of line 2 take up to 4 tokens and an end, but maxLength is 3: raise it.'],
  ])('refuses %j with %j', async (line, options, message) => {
    await expect(translator.translate(['first', line], options)).rejects.toThrow(new UsageError(message))
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
    await expect(Translator.load(other)).rejects.toThrow(/config\.json: it names a model of type "opt", not "m2m_100".*: give a folder/)
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
