import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateParallel } from '@parlance/corpora'
import { readLog } from '@parlance/nn'
import { useDevice } from '@parlance/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trainingConfigSchema } from '../config.js'
import { Translator } from '../translator.js'
import { trainTranslator, type TrainTranslatorOptions } from './train-translator.js'

const pairs = generateParallel({ seed: 1, pairs: 300 })
const progress = { write: () => true } as unknown as NonNullable<TrainTranslatorOptions['progress']>
const small = {
  vocabSize: 380, width: 16, heads: 2, encoderLayers: 1, decoderLayers: 1, feedForwardWidth: 32, dropout: 0,
  batchTokens: 400, batchShapes: 2, warmupSteps: 5, evaluateSentences: 10, averageDecay: 0, logEvery: 1,
}
let root: string
let data: string
let base: string

const train = (name: string, config: object, more: Partial<TrainTranslatorOptions> = {}) =>
  trainTranslator({
    files: { train: [data], valid: [data] }, output: join(root, name), threads: 1, progress,
    config: trainingConfigSchema.parse({ ...small, maxSteps: 1, ...config }), ...more,
  })
const losses = (name: string) => readLog(join(root, name, 'log.jsonl')).flatMap((entry) => ('loss' in entry ? entry.loss : []))
const evaluations = (name: string): Record<string, number>[] =>
  readLog(join(root, name, 'log.jsonl')).flatMap((entry) => ('evaluation' in entry ? [entry.evaluation] : []))

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'train-translator-'))
  data = join(root, 'pairs.tsv')
  writeFileSync(data, pairs.map(({ source, target }) => `${source}\t${target}\n`).join(''))
  await useDevice('cpu', { threads: 1 })
  await train('base', { maxSteps: 60, learningRate: 0.01 })
  base = join(root, 'base')
})
afterAll(() => rmSync(root, { recursive: true }))

describe('trainTranslator', () => {
  it('measures loss, BLEU and chrF, and draws what the model attends to', () => {
    expect(Object.keys(evaluations('base')[0]!)).toEqual(['loss', 'bleu', 'chrf'])
    const report = readFileSync(join(base, 'report.html'), 'utf8')
    expect(report).toMatch(/<h2>Attention<\/h2>.*<svg /s)
    expect(report).toContain('pairs read')
    expect(report).toMatch(/[\d.]+% of the positions are padding/)
  })

  it('starts from a model folder', async () => {
    await train('continued', { learningRate: 1e-9 }, { init: base })
    expect(evaluations('continued')[0]?.loss).toBeCloseTo(evaluations('base')[0]!.loss!, 5)
  })

  it('starts from a model folder with new language tags behind its vocabulary', async () => {
    const files = { train: [`en-xx=${data}`], valid: [`en-xx=${data}`] }
    await train('tagged', { directions: 'both', learningRate: 1e-9 }, { init: base, files })
    const translator = await Translator.load(join(root, 'tagged'), { threads: 1 })
    expect(translator.languages).toEqual(['en', 'xx'])
    expect(translator.tokenizer.vocabSize).toBe(382)
    const [english, foreign] = [await translator.translate('the dog sleeps .', { to: 'en' }), await translator.translate('the dog sleeps .', { to: 'xx' })]
    expect(english.hypotheses[0]!.logProb).not.toBe(foreign.hypotheses[0]!.logProb)
    expect(foreign.sourcePieces.join('')).toBe(' the dog sleeps .')
    await expect(translator.translate('a')).rejects.toThrow('The model translates into en, xx: say into which of them.')
    await expect(translator.translate('a', { to: 'fr' })).rejects.toThrow('The model does not translate into "fr": it knows en, xx.')
    translator.dispose()
    expect(Object.keys(evaluations('tagged')[0]!)).toEqual(['loss', 'bleu', 'chrf', 'bleu en-xx', 'chrf en-xx', 'bleu xx-en', 'chrf xx-en'])
  })

  it('says what does not fit the folder that it is to start from', async () => {
    await expect(train('never', { width: 32, encoderLayers: 2 }, { init: base })).rejects.toThrow(
      /base: is a model of another architecture: width is 16 there and 32 here; encoderLayers is 1 there and 2 here\. Train with the same\./,
    )
    const tokenizer = join(base, 'tokenizer.json')
    await expect(train('never', {}, { init: base, files: { train: [data], valid: [data], tokenizer } })).rejects.toThrow(
      /The tokenizer is that of .*base: leave out .*tokenizer\.json/,
    )
    await expect(train('never', {}, { init: join(root, 'nowhere') })).rejects.toThrow(/nowhere/)
  })

  it('learns from a teacher, to the same losses after a resume, and only from that teacher', async () => {
    const settings = { maxSteps: 8, checkpointEvery: 4, distillationWeight: 1, labelSmoothing: 0, teacherCandidates: 380 }
    await train('student', settings, { teacher: base })
    await train('resumed', { ...settings, maxSteps: 4 }, { teacher: base })
    await train('resumed', settings, { teacher: base, resume: true })
    expect(losses('resumed')).toEqual(losses('student'))
    await expect(train('resumed', settings, { teacher: join(root, 'student'), resume: true })).rejects.toThrow(/teacher was .* and is now/)
    // The teacher itself has nothing to learn.
    await train('twin', settings, { teacher: base, init: base })
    expect(losses('twin')[0]).toBeLessThan(1e-4)
    expect(losses('student')[0]).toBeGreaterThan(0.5)
  })

  it('keeps the model of the metric that it is told', async () => {
    const { best } = await train('by-loss', { metric: 'loss', maxSteps: 6, evaluateEvery: 2, schedule: 'linear' })
    const found = evaluations('by-loss').map(({ loss }) => loss!)
    expect(best?.value).toBe(Math.min(...found))
    const rates = readLog(join(root, 'by-loss', 'log.jsonl')).flatMap((entry) => ('loss' in entry ? entry.learningRate : []))
    expect(rates.at(-1)).toBeCloseTo(0.002 / 6, 9)
  })
})
