import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '@parlance/nn/command-line'
import { bleu, chrf } from '@parlance/metrics'
import { type Pair, readPairs, spread, type TranslateOptions } from '@parlance/translation'
import type { QUANTIZATIONS } from '@parlance/translation/training'
import { openTranslator, type SearchFlags, translateOptions } from './search-flags.js'

export interface QuantizeFlags extends Pick<SearchFlags, 'beamSize' | 'batchSize' | 'threads' | 'workers'> {
  model: string
  output: string
  to: (typeof QUANTIZATIONS)[number]
  shortlist?: string[]
  data?: string[]
  limit?: number
  json?: true
}

/** A model folder in figures; those of translating only where there was something to translate. */
interface Figures {
  megabytes: number
  sentencesPerSecond?: number
  tokensPerSecond?: number
  bleu?: number
  chrf?: number
}

/** Sentences translated before those that are timed. */
const WARM_UP = 32

/** Writes a quantized copy of a model folder and prints what that changed. */
export async function quantizeCommand(flags: QuantizeFlags): Promise<void> {
  const { model, output, to, limit, json } = flags
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1)) {
    throw new UsageError(`--limit must be a whole number of 1 or more, got ${limit}.`)
  }
  const options = translateOptions(flags)
  const pairs = flags.data && spread(readPairs(flags.data), limit)
  const [{ useDevice }, { quantizeTranslator, learnShortlist, shortlistCoverage }] = await Promise.all([
    import('@parlance/runtime'),
    import('@parlance/translation/training'),
  ])
  await useDevice('cpu')
  const shortlist = flags.shortlist && (await learnShortlist(model, readPairs(flags.shortlist)))
  quantizeTranslator({ model, output, to, ...(shortlist && { shortlist }) })
  const before = await figuresOf(model, pairs, options, flags)
  const after = await figuresOf(output, pairs, options, flags)
  const coverage = shortlist && pairs && (await shortlistCoverage(model, shortlist, pairs))
  if (json) {
    process.stdout.write(`${JSON.stringify({ before, after, coverage: coverage ?? null })}\n`)
    return
  }
  process.stdout.write(table([['', 'before', 'after'], ...rowsOf(before, after)]))
  if (coverage) {
    const [tokens, sentences] = [coverage.tokens, coverage.sentences].map((share) => `${(100 * share).toFixed(1)}%`)
    process.stdout.write(`shortlists of ${coverage.size.toFixed(0)} tokens hold ${tokens} of the references' tokens, all of ${sentences} of the references\n`)
  }
}

async function figuresOf(folder: string, pairs: readonly Pair[] | undefined, options: TranslateOptions, flags: QuantizeFlags): Promise<Figures> {
  const megabytes = bytesOf(folder) / 1e6
  if (!pairs) return { megabytes }
  const translator = await openTranslator(folder, flags)
  const sources = pairs.map(({ source }) => source)
  await translator.translate(spread(sources, WARM_UP), options)
  const started = performance.now()
  const found = await translator.translate(sources, options)
  const seconds = (performance.now() - started) / 1000
  translator.dispose()
  const tokens = found.reduce((sum, { hypotheses: [best] }) => sum + (best?.tokenLogProbs.length ?? 0), 0)
  const [translations, references] = [found.map(({ text }) => text), pairs.map(({ target }) => target)]
  return {
    megabytes,
    sentencesPerSecond: sources.length / seconds,
    tokensPerSecond: tokens / seconds,
    bleu: bleu(translations, references).score,
    chrf: chrf(translations, references).score,
  }
}

/** What a model folder needs to translate: not what training left there. */
const PARTS = /^(config|tokenizer)\.json$|^README\.md$|\.(onnx|safetensors)$/u

function bytesOf(folder: string): number {
  const parts = readdirSync(folder).filter((name) => PARTS.test(name))
  return parts.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

function rowsOf(before: Figures, after: Figures): string[][] {
  const row = (name: string, of: (figures: Figures) => number | undefined, digits: number): string[][] => {
    const values = [of(before), of(after)]
    return values.some((value) => value === undefined) ? [] : [[name, ...values.map((value) => (value as number).toFixed(digits))]]
  }
  return [
    ...row('megabytes', ({ megabytes }) => megabytes, 1),
    ...row('sentences/s', ({ sentencesPerSecond }) => sentencesPerSecond, 1),
    ...row('tokens/s', ({ tokensPerSecond }) => tokensPerSecond, 0),
    ...row('BLEU', ({ bleu }) => bleu, 2),
    ...row('chrF', ({ chrf }) => chrf, 2),
  ]
}

function table(rows: readonly (readonly string[])[]): string {
  return rows.map(([name = '', ...values]) => `${name.padEnd(14)}${values.map((value) => value.padStart(10)).join('')}\n`).join('')
}
