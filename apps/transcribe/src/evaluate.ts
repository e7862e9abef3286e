import { evaluate as evaluateManifest, Transcriber } from '@parlance/asr'
import type { Normalization } from '@parlance/metrics'

export interface EvaluateFlags {
  model: string
  data: string
  normalization: Normalization
  batchSize: number
  threads?: number
  json?: true
}

/** `parlance-transcribe evaluate`: the word error rate on a manifest, with what it counts. */
export async function evaluate({ model, data, normalization, batchSize, threads, json }: EvaluateFlags): Promise<void> {
  const transcriber = await Transcriber.load(model, threads === undefined ? {} : { threads })
  const started = performance.now()
  const { errors, utterances, duration } = evaluateManifest(transcriber, data, { normalization, batchSize })
  const seconds = (performance.now() - started) / 1000
  const { rate, hits, substitutions, deletions, insertions, referenceLength: words, sentences, wrongSentences } = errors
  if (json) {
    const wer = { wer: rate, words, hits, substitutions, deletions, insertions, normalization, sentences, wrongSentences }
    process.stdout.write(`${JSON.stringify({ ...wer, duration, seconds, utterances }, null, 2)}\n`)
    return
  }
  for (const { audio, reference, hypothesis } of utterances) {
    if (reference !== hypothesis) process.stdout.write(`${audio}\n  spoken ${reference}\n  heard  ${hypothesis}\n`)
  }
  const errorCount = substitutions + deletions + insertions
  process.stdout.write(
    `WER ${(100 * rate).toFixed(2)}% (${errorCount} errors in ${words} words: ${substitutions} substitutions, ` +
      `${deletions} deletions, ${insertions} insertions; normalisation: ${normalization})\n` +
      `${wrongSentences} of ${sentences} recordings with errors; ${duration.toFixed(1)} s of audio in ${seconds.toFixed(1)} s\n`,
  )
}
