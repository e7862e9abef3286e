import { existsSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { UsageError } from '@parlance/nn/command-line'
import { type Pair, readPairs, spread } from '@parlance/translation'
import { byLength, compare } from './evaluation/measure.js'
import { countWarnings, runModel } from './evaluation/run-model.js'
import { translationSheet } from './evaluation/scoring-sheet.js'
import { summaryText } from './evaluation/summary.js'
import { languagesOf, targetLanguage } from './languages.js'
import { loadTranslator, type SearchFlags } from './search-flags.js'

export interface EvaluateFlags extends SearchFlags {
  data: string[]
  limit?: number
  compare?: string
  samples?: number
  report?: string
  sheet?: string
  sheetSize?: number
  from?: string
  to?: string
  json?: true
}

/** Prints corpus BLEU, chrF, chrF++ and TER in sacreBLEU's form, and what else is asked for. */
export async function evaluateCommand(flags: EvaluateFlags): Promise<void> {
  const { limit, json, data, samples = 1000, report, sheet, sheetSize = 50 } = flags
  for (const [name, value] of Object.entries({ limit: limit ?? 1, samples, 'sheet-size': sheetSize })) {
    if (!(Number.isSafeInteger(value) && value >= 1)) throw new UsageError(`--${name} must be a whole number of 1 or more, got ${value}.`)
  }
  // Told before the work, not after it.
  for (const file of [report, sheet]) {
    if (file !== undefined && !existsSync(dirname(file))) throw new UsageError(`${file}: there is no such folder to write to: make it first.`)
  }
  const pairs = spread(readPairs(data), limit)
  const run = await runFolder(flags.model, pairs, flags, samples)
  const other = flags.compare === undefined ? undefined : await runFolder(flags.compare, pairs, flags, samples)
  const compared = other && { folder: flags.compare as string, rows: compare(run.measures, other.measures, samples) }
  const buckets = byLength(run.measures, pairs, run.translations)
  const page = translationSheet(pairs, run.translations, sheetSize, `Translations of ${data.join(' and ')}`)
  if (sheet !== undefined) writeFileSync(sheet, page)
  if (report !== undefined) {
    // It comes with the libraries that draw learning curves: loaded only when wanted.
    const { evaluationReport } = await import('./evaluation/report.js')
    const { data: files, report: _, sheet: __, json: ___, ...settings } = flags
    const input = { title: `Evaluation on ${data.join(' and ')}`, settings: { data: files, ...settings }, pairs, run, buckets, compared, sheet: page }
    writeFileSync(report, evaluationReport(input))
  }
  if (!json) {
    process.stdout.write(summaryText(run, buckets, compared))
    return
  }
  const { score, signature, precisions, brevityPenalty, hypothesisLength, referenceLength } = run.measures.bleu
  const result = {
    bleu: score, signature, precisions, brevityPenalty, hypothesisLength, referenceLength,
    metrics: run.measures.all.map(({ name, signature, score, interval }) => ({ name, signature, score, interval: interval ?? null })),
    lengths: buckets,
    warnings: Object.fromEntries(countWarnings(run)),
    comparison: compared?.rows ?? null,
    sentences: pairs.length,
    seconds: run.seconds,
    tokensPerSecond: run.tokens / run.seconds,
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

async function runFolder(model: string | undefined, pairs: readonly Pair[], flags: EvaluateFlags, samples: number): ReturnType<typeof runModel> {
  const named = { ...flags, ...(model !== undefined && { model }) }
  const { translator, options } = await loadTranslator(named)
  try {
    return await runModel(translator, pairs, { ...options, ...targetLanguage(translator, flags.to) }, languagesOf(named), samples)
  } finally {
    translator.dispose()
  }
}
