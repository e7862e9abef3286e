import { type ErrorRate, type Normalization, wer } from '@parlance/metrics'
import { readManifest } from './manifest.js'
import type { Transcriber, TranscribeOptions } from './transcriber.js'

export interface EvaluateOptions extends TranscribeOptions {
  /** Default `none`. */
  normalization?: Normalization
}

export interface EvaluationResult {
  errors: ErrorRate
  /** One for each line of the manifest. */
  utterances: { audio: string; reference: string; hypothesis: string }[]
  /** Seconds of audio. */
  duration: number
}

/**
 * Transcribes a manifest and compares with its transcripts, word by word.
 *
 * @throws Error, one line, for a manifest or recording that cannot be read
 */
export function evaluate(
  transcriber: Transcriber,
  manifest: string,
  { normalization = 'none', ...options }: EvaluateOptions = {},
): EvaluationResult {
  const entries = readManifest(manifest)
  const transcripts = transcriber.transcribe(entries.map(({ audio }) => audio), options)
  const utterances = entries.map(({ audio, text }, i) => ({ audio, reference: text, hypothesis: transcripts[i]?.text as string }))
  const errors = wer(utterances.map(({ reference }) => reference), utterances.map(({ hypothesis }) => hypothesis), { normalization })
  return { errors, utterances, duration: transcripts.reduce((sum, { duration }) => sum + duration, 0) }
}
