import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { alignManifest, evaluate, type LoadOptions, parseTrainingConfig, readLexicon, Transcriber, type WordLanguageModel } from '@parlance/asr'
import { trainRecognizer } from '@parlance/asr/training'
import { prepare } from '@parlance/corpora'
import { NgramWords, trainWordNgram } from '@parlance/ngram'

// CTC, transducer, attention and the modular system on AN4, with a word n-gram of the training transcripts and without. What
// is not in the folder yet is trained first (packages/asr/configs/an4); weights are chosen on development speakers.
// Run: npm run bench -- asr/approaches [--folder DIR] [--part development|valid] [--threads N] [--max-minutes N]

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: 'runs/an4' },
    part: { type: 'string', default: 'development' },
    threads: { type: 'string', default: '1' },
    'max-minutes': { type: 'string' },
    order: { type: 'string', default: '3' },
  },
})
const threads = Number(values.threads)
const corpus = await prepare('speech-an4-mfcc')
const path = (file: string): string => corpus[file] as string
const folder = (name: string): string => join(values.folder, name)
const configs = resolve(import.meta.dirname, '../../../packages/asr/configs/an4')

const aligned = (part: string): string => join(values.folder, `${part}.aligned.jsonl`)

/** Trains a model unless it is there. */
async function trained(name: string, data: string, valid: string, options: { init?: string; lexicon?: string }): Promise<string> {
  if (existsSync(join(folder(name), 'encoder.onnx'))) return folder(name)
  const json = JSON.parse(readFileSync(join(configs, `${name}.json`), 'utf8')) as object
  const limit = values['max-minutes'] === undefined ? {} : { maxMinutes: Number(values['max-minutes']) }
  const config = { ...json, threads, ...limit }
  parseTrainingConfig(config, name)
  await trainRecognizer({ data, valid, output: folder(name), config, ...options })
  return folder(name)
}

async function align(model: string): Promise<void> {
  for (const part of ['fit', 'development']) {
    if (existsSync(aligned(part))) continue
    const utterances = await alignManifest(model, { manifest: path(`${part}.jsonl`), lexicon: path('an4.dic'), threads })
    writeFileSync(aligned(part), utterances.map(({ audio, ...rest }) => `${JSON.stringify({ features: audio, ...rest })}\n`).join(''))
  }
}

mkdirSync(values.folder, { recursive: true })
const lexicon = path('an4.dic')
if (!existsSync(aligned('development'))) await align(await trained('phones-draft', path('fit.jsonl'), path('development.jsonl'), { lexicon }))
const data = [aligned('fit'), aligned('development')] as const
const phones = await trained('phones', ...data, { lexicon, ...(existsSync(folder('phones-draft')) && { init: folder('phones-draft') }) })
const draft = await trained('transducer-draft', ...data, { init: phones })
// It has a CTC output beside its own.
for (const name of ['transducer', 'ctc', 'attention']) await trained(name, ...data, { init: draft })

// The language model that decides weights has not seen the development speakers' transcripts, the one for the test has.
const language = (text: string): NgramWords => {
  const { model, vocabulary } = trainWordNgram(readFileSync(path(text), 'utf8'), { order: Number(values.order) })
  return new NgramWords(model, vocabulary.words)
}
const languages = { development: language('fit.txt'), valid: language('train.txt') }
type Part = keyof typeof languages

/** Over recognisers whose tokens are words. */
function fusion(words: NgramWords, languageModelWeight: number, insertionBonus: number): NonNullable<LoadOptions['fusion']> {
  return (tokenizer) => {
    const text = (token: number): string => tokenizer.idToToken(token)
    const state = (one: unknown): Int32Array => one as Int32Array
    return {
      languageModel: {
        initial: () => words.initial(),
        score: (one, token) => words.score(state(one), text(token)),
        advance: (one, token) => words.advance(state(one), text(token)),
      },
      languageModelEnd: (one) => words.end(state(one)),
      languageModelWeight,
      insertionBonus,
    }
  }
}

async function wordErrors(model: string, part: Part, options: LoadOptions): Promise<{ wer: number; factor: number }> {
  const transcriber = await Transcriber.load(model, { threads, ...options })
  const started = performance.now()
  const { errors, duration } = evaluate(transcriber, path(`${part}.jsonl`))
  transcriber.dispose()
  return { wer: errors.rate, factor: (performance.now() - started) / 1000 / duration }
}

interface Setting {
  /** Of the language model, and what each word or token gets beside it. */
  weight?: number
  bonus?: number
  /** Of a transducer, which in training sees far more blanks than tokens. */
  blankPenalty?: number
  /** Of the CTC beside it. */
  ctcWeight?: number
}

/** Shows what the best of some settings on the development speakers gives on the part that was asked for, and returns it. */
async function row(name: string, model: string, options: (part: Part, setting: Setting) => LoadOptions, settings: readonly [Setting, ...Setting[]]): Promise<Setting> {
  let best = { wer: Infinity, setting: settings[0] }
  for (const setting of settings) {
    const { wer } = settings.length === 1 ? { wer: 0 } : await wordErrors(model, 'development', options('development', setting))
    if (wer < best.wer) best = { wer, setting }
  }
  const part = values.part === 'valid' ? 'valid' : 'development'
  const { wer, factor } = await wordErrors(model, part, options(part, best.setting))
  const chosen = Object.entries(best.setting).map(([what, value]) => `${what} ${value}`).join(', ')
  console.log(`| ${name} | ${(100 * wer).toFixed(1)} | ${factor.toFixed(3)} | ${chosen} |`)
  return best.setting
}

type Settings = [Setting, ...Setting[]]
/** All combinations. */
function grid(choices: Partial<Record<keyof Setting, readonly number[]>>): Settings {
  let settings: Setting[] = [{}]
  for (const [what, values] of Object.entries(choices)) settings = settings.flatMap((setting) => values.map((value) => ({ ...setting, [what]: value })))
  return settings as Settings
}

const [weights, blankPenalties, ctcWeights] = [[0.3, 0.5, 0.8], [0, 0.25, 0.5, 0.75, 1, 1.25], [0.3, 0.5, 0.7]]
console.log(`| AN4, ${values.part} | WER % | real-time factor | chosen on development |\n|---|---:|---:|---|`)
for (const name of ['ctc', 'transducer', 'attention']) {
  const isTransducer = name === 'transducer'
  const { blankPenalty = 0 } = await row(`${name}, greedy`, folder(name), (_, setting) => setting, isTransducer ? grid({ blankPenalty: blankPenalties }) : [{}])
  const withWords = (part: Part, { weight = 0, bonus = 0, ...rest }: Setting): LoadOptions =>
    ({ beamSize: 8, blankPenalty, ...rest, ...(weight > 0 && { fusion: fusion(languages[part], weight, bonus) }) })
  const words = grid({ weight: weights, bonus: [0, 1] })
  await row(`${name}, beam 8, ${values.order}-grams`, folder(name), withWords, words)
  if (!isTransducer) continue
  await row(`${name}, beam 8, CTC`, folder(name), withWords, grid({ ctcWeight: ctcWeights }))
  await row(`${name}, beam 8, CTC, ${values.order}-grams`, folder(name), withWords, grid({ weight: weights, bonus: [0, 1, 2], ctcWeight: ctcWeights }))
}
const pronunciations = readLexicon(lexicon)
const modular = (part: Part, { weight = 0, bonus = 0 }: Setting): LoadOptions => ({
  lexicon: {
    pronunciations,
    insertionBonus: bonus,
    ...(weight > 0 && { languageModel: languages[part] as WordLanguageModel, languageModelWeight: weight }),
  },
})
await row('modular, any words', phones, modular, grid({ bonus: [0, 1, 2, 4] }))
await row(`modular, ${values.order}-grams`, phones, modular, grid({ weight: [0.5, 1, 1.5], bonus: [1, 3, 5] }))
