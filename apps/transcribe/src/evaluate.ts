import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  type Confusion, evaluate as evaluateManifest, type EvaluationResult, FAMILIARITY_FILE, type Timing, Transcriber, writeFamiliarity,
} from '@parlance/asr'
import type { ErrorRate, Normalization } from '@parlance/metrics'
import { UsageError } from '@parlance/nn/command-line'
import { loadOptions, type SearchFlags } from './search-flags.js'

export interface EvaluateFlags extends SearchFlags {
  model: string
  data: string
  normalization: Normalization
  batchSize: number
  report?: string
  learnFamiliarity?: true
  json?: true
}

/** Confusions that are printed. */
const SHOWN = 10

/** `parlance-transcribe evaluate`: the word error rate on a manifest, with what it counts. */
export async function evaluate(flags: EvaluateFlags): Promise<void> {
  const { model, data, normalization, batchSize, report, json } = flags
  // Told before the work, not after it.
  if (report !== undefined && !existsSync(dirname(report))) throw new UsageError(`${report}: there is no such folder to write to: make it first.`)
  const transcriber = await Transcriber.load(model, await loadOptions(flags))
  const started = performance.now()
  const result = evaluateManifest(transcriber, data, { normalization, batchSize })
  const seconds = (performance.now() - started) / 1000
  if (flags.learnFamiliarity && !writeFamiliarity(join(model, FAMILIARITY_FILE), result.utterances)) {
    throw new Error(`${data}: the model hears too few words in it to learn from how familiar audio sounds: give it more recordings.`)
  }
  if (report !== undefined) {
    // It comes with the libraries that draw learning curves: loaded only when wanted.
    const { writeEvaluationReport } = await import('./evaluation-report.js')
    const { report: _, json: __, ...settings } = flags
    writeEvaluationReport(report, { title: `${model} on ${data}`, settings, result, seconds })
  }
  process.stdout.write(json ? `${JSON.stringify(asJson(result, seconds), null, 2)}\n` : summary(result, seconds))
}

function asJson({ errors, characterErrors, interval, confidenceAuc, timing, confusions, speakers, utterances, duration }: EvaluationResult, seconds: number): object {
  const { rate: wer, hits, substitutions, deletions, insertions, referenceLength: words, sentences, wrongSentences, mer, wil, normalization } = errors
  return {
    wer,
    ...(interval && { interval: { low: interval.low, high: interval.high } }),
    words, hits, substitutions, deletions, insertions, mer, wil,
    cer: characterErrors.rate,
    characters: characterErrors.referenceLength,
    confidenceAuc: confidenceAuc ?? null,
    timing: timing ?? null,
    normalization, sentences, wrongSentences, duration, seconds,
    speakers: speakers.map(({ speaker, errors }) => ({
      speaker, wer: errors.rate, words: errors.referenceLength, substitutions: errors.substitutions, deletions: errors.deletions,
      insertions: errors.insertions, sentences: errors.sentences, wrongSentences: errors.wrongSentences,
    })),
    confusions,
    utterances: utterances.map((one) => ({ ...one, alignment: undefined })),
  }
}

function summary({ errors, characterErrors, interval, confidenceAuc, timing, confusions, speakers, utterances, duration }: EvaluationResult, seconds: number): string {
  const { substitutions, deletions, insertions, referenceLength: words, sentences, wrongSentences, normalization } = errors
  const within = interval ? `, 95% interval ${percent(interval.low)} to ${percent(interval.high)}` : ''
  const warned = utterances.filter(({ warning }) => warning !== undefined).length
  const lines = [
    `WER ${percent(errors.rate)}${within} (${counted(substitutions + deletions + insertions, 'error')} in ${counted(words, 'word')}: ` +
      `${counted(substitutions, 'substitution')}, ${counted(deletions, 'deletion')}, ${counted(insertions, 'insertion')}; normalisation: ${normalization})`,
    `CER ${percent(characterErrors.rate)} of ${characterErrors.referenceLength} characters`,
    ...(confidenceAuc === undefined ? [] : [`confidence tells right from wrong words with an AUC of ${confidenceAuc.toFixed(3)}`]),
    ...(timing ? [timingText(timing)] : []),
    ...(warned > 0 ? [`${warned} of ${sentences} recordings do not sound like what the model knows`] : []),
    `${wrongSentences} of ${sentences} recordings with errors; ${duration.toFixed(1)} s of audio in ${seconds.toFixed(1)} s`,
  ]
  if (confusions.length > 0) {
    const more = confusions.length > SHOWN ? ` of ${confusions.length} kinds` : ''
    lines.push('', `most frequent errors${more}:`, ...columns(confusions.slice(0, SHOWN).map((one) => [String(one.count), confusionText(one)])))
  }
  if (speakers.length > 0) lines.push('', ...columns([[...SPEAKER_HEAD], ...speakers.map(speakerRow)]))
  return `${lines.join('\n')}\n`
}

export const SPEAKER_HEAD = ['speaker', 'recordings', 'words', 'sub', 'del', 'ins', 'WER', 'with errors'] as const

export function speakerRow({ speaker, errors }: { speaker: string; errors: ErrorRate }): string[] {
  const { sentences, referenceLength, substitutions, deletions, insertions, rate, wrongSentences } = errors
  return [speaker, ...[sentences, referenceLength, substitutions, deletions, insertions].map(String), percent(rate), percent(wrongSentences / sentences)]
}

export function confusionText({ reference, hypothesis }: Confusion): string {
  if (reference === undefined) return `${hypothesis} inserted`
  return hypothesis === undefined ? `${reference} left out` : `${reference} → ${hypothesis}`
}

export function timingText({ words, start, end }: Timing): string {
  const milliseconds = (seconds: number): string => `${Math.round(1000 * seconds)} ms`
  return `starts of ${words} right words are ${milliseconds(start.median)} off (95% within ${milliseconds(start.percentile95)}), ` +
    `ends ${milliseconds(end.median)} (${milliseconds(end.percentile95)})`
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`
}

/** Rows whose columns stand below each other, the first at the left, numbers at the right. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, c) => Math.max(...rows.map((row) => (row[c] as string).length)))
  return rows.map((row) => row.map((cell, c) => {
    const width = widths[c] as number
    return /^[\d.%]+$/.test(rows.at(-1)?.[c] as string) ? cell.padStart(width) : cell.padEnd(width)
  }).join('  ').trimEnd())
}
