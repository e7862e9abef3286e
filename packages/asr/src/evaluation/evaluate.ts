import {
  align, cer, type ConfidenceInterval, type ErrorRate, errorStatistics, type Normalization, normalizedWords, scoreInterval, wer,
} from '@parlance/metrics'
import { areaUnderCurve } from './area-under-curve.js'
import { readManifest, type Utterance } from '../manifest.js'
import type { Word } from '../transcript/timed-words.js'
import type { Transcriber, TranscribeOptions } from '../transcriber.js'
import type { Transcript } from '../transcript/transcript.js'

export interface EvaluateOptions extends TranscribeOptions {
  /** Default `none`. */
  normalization?: Normalization
}

/** A column of the alignment of a reference with a hypothesis; a deletion has no hypothesis, an insertion no reference. */
export interface AlignedWord {
  type: 'hit' | 'substitution' | 'deletion' | 'insertion'
  /** After normalisation. */
  reference?: string
  hypothesis?: string
  /** What the transcript says of the hypothesis' word: its times and confidence, as it was written. */
  heard?: Word
}

export interface EvaluatedUtterance {
  audio: string
  speaker?: string
  reference: string
  hypothesis: string
  words: Word[]
  /** Seconds, and seconds that are not background. */
  duration: number
  speech?: number
  /** Why the transcript should not be trusted, if so. */
  warning?: string
  alignment: AlignedWord[]
}

/** How often one thing was heard in place of another. */
export interface Confusion {
  /** What was said; of an insertion nothing. */
  reference?: string
  /** What was heard; of a deletion nothing. */
  hypothesis?: string
  count: number
}

/** Distances in seconds of heard from spoken words, those of starts and those of ends, each way. */
export interface Timing {
  /** Words that were compared. */
  words: number
  start: { median: number; percentile95: number }
  end: { median: number; percentile95: number }
}

export interface EvaluationResult {
  /** Of words. */
  errors: ErrorRate
  characterErrors: ErrorRate
  /** Of the word error rate, as a share: 95% of corpora resampled by recording (1000, seed 1); none for a single recording. */
  interval?: ConfidenceInterval
  /**
   * Area under the ROC curve of confidence as a sign of a word that is right: the probability that a right word has more
   * confidence than a wrong one (a substitution or insertion). None where all words are right or all wrong.
   */
  confidenceAuc?: number
  /** How far words that are right lie from where the manifest has them; none where it does not say. */
  timing?: Timing
  /** Substitutions, deletions and insertions by word, the most frequent first. */
  confusions: Confusion[]
  /** Of each speaker that the manifest names, in the order of names. */
  speakers: { speaker: string; errors: ErrorRate }[]
  /** One for each line of the manifest. */
  utterances: EvaluatedUtterance[]
  /** Seconds of audio. */
  duration: number
}

/**
 * Transcribes a manifest and compares with its transcripts.
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
  const utterances = entries.map(({ audio, text, speaker }, i): EvaluatedUtterance => {
    const { text: hypothesis, ...rest } = transcripts[i] as Transcript
    return { audio, ...(speaker !== undefined && { speaker }), reference: text, hypothesis, ...rest, alignment: alignWords(text, rest.words, normalization) }
  })
  const statistics = errorStatistics('words', ...sides(utterances), { normalization })
  const auc = areaUnderCurve(utterances.flatMap(({ alignment }) =>
    alignment.flatMap(({ type, heard }) => (heard ? [{ score: heard.confidence, positive: type === 'hit' }] : []))))
  const named = [...new Set(utterances.flatMap(({ speaker }) => (speaker === undefined ? [] : [speaker])))].sort()
  return {
    errors: wer(...sides(utterances), { normalization }),
    characterErrors: cer(...sides(utterances), { normalization }),
    ...(utterances.length > 1 && { interval: scoreInterval(statistics, { seed: 1 }) }),
    ...(auc !== undefined && { confidenceAuc: auc }),
    ...timing(entries, utterances),
    confusions: confusions(utterances),
    speakers: named.map((speaker) => ({ speaker, errors: wer(...sides(utterances.filter((one) => one.speaker === speaker)), { normalization }) })),
    utterances,
    duration: utterances.reduce((sum, { duration }) => sum + duration, 0),
  }
}

function sides(utterances: readonly EvaluatedUtterance[]): [references: string[], hypotheses: string[]] {
  return [utterances.map(({ reference }) => reference), utterances.map(({ hypothesis }) => hypothesis)]
}

/** @param words of the hypothesis, whose normalisation may leave nothing of one or make several of it */
function alignWords(text: string, words: readonly Word[], normalization: Normalization): AlignedWord[] {
  const references = normalizedWords(text, normalization)
  const heard = words.flatMap((word) => normalizedWords(word.word, normalization).map((normal) => ({ normal, word })))
  return align(references, heard.map(({ normal }) => normal)).map((step): AlignedWord => {
    const reference = 'reference' in step ? { reference: references[step.reference] as string } : {}
    if (!('hypothesis' in step)) return { type: step.type, ...reference }
    const { normal, word } = heard[step.hypothesis] as (typeof heard)[0]
    return { type: step.type, ...reference, hypothesis: normal, heard: word }
  })
}

function timing(entries: readonly Utterance[], utterances: readonly EvaluatedUtterance[]): { timing?: Timing } {
  const starts: number[] = []
  const ends: number[] = []
  for (const [i, { alignment }] of utterances.entries()) {
    const said = alignment.filter(({ reference }) => reference !== undefined)
    const spoken = entries[i]?.words ?? []
    // Normalisation may have left words out or taken them apart.
    if (spoken.length !== said.length) continue
    for (const [n, { type, heard }] of said.entries()) {
      const { start, end } = spoken[n] as (typeof spoken)[0]
      if (type !== 'hit' || heard?.start === undefined || heard.end === undefined) continue
      starts.push(Math.abs(heard.start - start))
      ends.push(Math.abs(heard.end - end))
    }
  }
  if (starts.length === 0) return {}
  const at = (values: number[], share: number): number => values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1] as number
  const summary = (values: number[]): Timing['start'] => ({ median: at(values, 0.5), percentile95: at(values, 0.95) })
  return { timing: { words: starts.length, start: summary(starts), end: summary(ends) } }
}

function confusions(utterances: readonly EvaluatedUtterance[]): Confusion[] {
  const found = new Map<string, Confusion>()
  for (const { type, reference, hypothesis } of utterances.flatMap(({ alignment }) => alignment)) {
    if (type === 'hit') continue
    const key = JSON.stringify([reference, hypothesis])
    const known = found.get(key) ?? { ...(reference !== undefined && { reference }), ...(hypothesis !== undefined && { hypothesis }), count: 0 }
    known.count++
    found.set(key, known)
  }
  const name = ({ reference = '', hypothesis = '' }: Confusion): string => `${reference} ${hypothesis}`
  return [...found.values()].sort((a, b) => b.count - a.count || (name(a) < name(b) ? -1 : 1))
}
