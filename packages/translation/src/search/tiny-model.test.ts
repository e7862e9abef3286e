/** Search over a model with a vocabulary so small that every translation can be tried. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { averageLength, gnmtLength, type LengthPenalty } from '@parlance/decoding'
import { Random, useDevice } from '@parlance/runtime'
import { GraphSession } from '@parlance/runtime/session'
import { CharTokenizer, saveTokenizer } from '@parlance/tokenizer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trainingConfigSchema } from '../config.js'
import { readFolderConfig } from '../folder-config.js'
import { GraphTranslationModel } from '../graph-model.js'
import { END, SPECIAL_TOKENS, START, UNKNOWN } from '../special-tokens.js'
import { encodeSource } from '../text-codec.js'
import { trainTranslator } from '../training/train-translator.js'
import { Translator } from '../translator.js'
import type { TranslateOptions } from './translate-options.js'

let folder: string
let translator: Translator

const KNOWN = 'abc'
const WORDS = 'abcxyz'

/** Words of one letter; half of the letters are not in the vocabulary. */
function sentence(random: Random): string {
  const count = 2 + Math.floor(random.next() * 4)
  return Array.from({ length: count }, () => WORDS[Math.floor(random.next() * WORDS.length)]).join(' ')
}

// It learns to copy: for some seconds, so that much of its probability is still elsewhere.
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tiny-translator-'))
  const random = new Random(1, 'sentences')
  const file = join(folder, 'pairs.tsv')
  const lines = Array.from({ length: 400 }, () => sentence(random)).map((text) => `${text}\t${text}\n`)
  writeFileSync(file, lines.join(''))
  const tokenizer = join(folder, 'characters.json')
  await saveTokenizer(CharTokenizer.fromCharacters(` ${KNOWN}`, { specialTokens: SPECIAL_TOKENS, unkToken: '<unk>' }), tokenizer)
  await useDevice('cpu', { threads: 1 })
  const config = trainingConfigSchema.parse({
    cleaning: 'basic', width: 32, heads: 2, encoderLayers: 1, decoderLayers: 1, feedForwardWidth: 64, dropout: 0, labelSmoothing: 0.1,
    batchTokens: 400, batchShapes: 2, warmupSteps: 50, learningRate: 0.01, maxSteps: 500, evaluateEvery: 500, evaluateSentences: 10,
  })
  await trainTranslator({ files: { train: [file], valid: [file], tokenizer }, output: join(folder, 'model'), config, threads: 1 })
  translator = await Translator.load(join(folder, 'model'), { threads: 1 })
})
afterAll(() => rmSync(folder, { recursive: true }))

const MAX_LENGTH = 5

interface Complete {
  readonly tokens: readonly number[]
  readonly logProb: number
  /** Attention summed over all tokens and the end: (source positions). */
  readonly coverage: readonly number[]
}

/** Every translation of up to `MAX_LENGTH` tokens, the end included, that is said in known letters. */
function allTranslations(source: Int32Array): Complete[] {
  const graphs = ['encoder.onnx', 'decoder.onnx'].map((name) => GraphSession.load(join(folder, 'model', name), { threads: 1 }))
  const model = new GraphTranslationModel(graphs[0]!, graphs[1]!, readFolderConfig(join(folder, 'model')).model)
  const sayable = Array.from({ length: model.vocabSize }, (_, id) => id).filter((id) => id > UNKNOWN)
  const complete: Complete[] = []
  let state = model.start([source])
  let rows: (Complete & { parent: number })[] = [{ tokens: [], logProb: 0, coverage: new Array<number>(source.length).fill(0), parent: 0 }]
  for (let length = 0; length < MAX_LENGTH; length++) {
    const tokens = Int32Array.from(rows, (row) => row.tokens.at(-1) ?? START)
    const step = model.step(state, tokens, Int32Array.from(rows, ({ parent }) => parent), model.vocabSize)
    state = step.state
    const width = step.attention!.weights.length / rows.length
    rows = rows.flatMap(({ tokens, logProb, coverage }, parent) => {
      const here = coverage.map((sum, i) => sum + step.attention!.weights[parent * width + i]!)
      const logProbOf = (id: number): number =>
        logProb + step.logProbs[step.ids.indexOf(id, parent * model.vocabSize)]!
      complete.push({ tokens, logProb: logProbOf(END), coverage: here })
      return sayable.map((id) => ({ tokens: [...tokens, id], logProb: logProbOf(id), coverage: here, parent }))
    })
  }
  for (const graph of graphs) graph.dispose()
  return complete
}

describe('beam search that holds everything', () => {
  const cases: [string, TranslateOptions, LengthPenalty, number][] = [
    ['the average', {}, averageLength(), 0],
    ['no length penalty', { lengthPenalty: 0 }, averageLength(0), 0],
    ['GNMT\'s length and coverage penalties', { lengthPenalty: 0.6, lengthNormalization: 'gnmt', coveragePenalty: 0.4 }, gnmtLength(0.6), 0.4],
  ]

  it.each(cases)('finds what trying every translation finds, by %s', async (_, options, penalty, beta) => {
    for (const text of ['a b', 'c', 'b x']) {
      const scored = allTranslations(encodeSource(translator.tokenizer, text)).map(({ tokens, logProb, coverage }) => {
        const covered = coverage.reduce((sum, attention) => sum + Math.log(Math.min(attention, 1)), 0)
        return { tokens, logProb, score: logProb / penalty(tokens.length + 1) + (beta === 0 ? 0 : beta * covered) }
      })
      // 4 letters and the space, up to 4 of them.
      expect(scored.length).toBe(1 + 4 + 4 ** 2 + 4 ** 3 + 4 ** 4)
      const best = scored.sort((a, b) => b.score - a.score).slice(0, 5)
      const { hypotheses } = await translator.translate(text, { ...options, maxLength: MAX_LENGTH, beamSize: 512, nBest: 5, patience: Infinity })
      expect(hypotheses.map(({ tokens }) => [...tokens])).toEqual(best.map(({ tokens }) => tokens))
      hypotheses.forEach(({ score, logProb, finished }, i) => {
        expect(finished).toBe(true)
        // The same float32 log-probabilities, added in float64.
        expect(score).toBeCloseTo(best[i]!.score, 6)
        expect(logProb).toBeCloseTo(best[i]!.logProb, 6)
      })
    }
  })
})

describe('unknown words', () => {
  const texts = ['a x b', 'y c z a', 'x y z', 'b a c']

  it('are copied by the alignment', async () => {
    const copied = await translator.translate(texts, { replaceUnknowns: true })
    expect(copied.map(({ text }) => text)).toEqual(texts)
    expect(copied[0]?.hypotheses[0]?.pieces.join('')).toBe(' a x b')
    expect(copied[0]?.sourcePieces.join('')).toBe(' a x b')
    expect(copied.slice(0, 3).every(({ hypotheses }) => hypotheses[0]!.tokens.includes(UNKNOWN))).toBe(true)
  })

  it('are not said otherwise', async () => {
    for (const { text, hypotheses } of await translator.translate(texts)) {
      expect(text).toMatch(/^[abc ]*$/u)
      expect(hypotheses[0]?.tokens).not.toContain(UNKNOWN)
    }
  })

  it('are refused in what translations should contain', async () => {
    await expect(translator.translate([{ text: 'a', prefix: 'a x' }])).rejects.toThrow(
      'the prefix of line 1 has characters that the vocabulary lacks: leave them out, got "a x".')
    await expect(translator.translate(['a', { text: 'a', phrases: ['b', 'y'] }])).rejects.toThrow(
      'a phrase of line 2 has characters that the vocabulary lacks: leave it out, got "y".')
  })
})

describe('alignment', () => {
  it('of a copy is the diagonal', async () => {
    const texts = ['a b c', 'c c a b', 'b a']
    for (const { hypotheses, text } of await translator.translate(texts)) {
      const count = text.split(' ').length
      expect(hypotheses[0]?.alignment).toEqual(Array.from({ length: count }, (_, i) => [i, i]))
    }
  })
})
