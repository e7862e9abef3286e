import { countEdits, type EditCounts } from './edit-distance.js'
import { MetricError } from './error.js'
import type { CorpusStatistics } from './statistics.js'

/**
 * What is done to both sides before comparing. `none`: nothing but that white space at the ends does not count (nor, for
 * words, how much there is between them). `lowercase`: case does not count either. `lowercase-no-punctuation`: nor do
 * punctuation and symbols (Unicode P and S), except an apostrophe inside a word.
 */
export type Normalization = 'none' | 'lowercase' | 'lowercase-no-punctuation'

export interface ErrorRateOptions {
  /** Default `none`. */
  readonly normalization?: Normalization
}

/** Totals over a corpus. N = hits + substitutions + deletions, M = hits + substitutions + insertions. */
export interface ErrorRate extends EditCounts {
  /** What was aligned. */
  readonly unit: 'words' | 'characters'
  /** (S + D + I) / N: word or character error rate. Can exceed 1; without any reference item, the number of errors. */
  readonly rate: number
  /** (S + D + I) / (H + S + D + I): match error rate (Morris et al. 2004). */
  readonly mer: number
  /** 1 − H/N · H/M: word information lost (Morris et al. 2004). */
  readonly wil: number
  /** N: items of the references. */
  readonly referenceLength: number
  /** M: items of the hypotheses. */
  readonly hypothesisLength: number
  readonly sentences: number
  /** Sentences with at least one error. */
  readonly wrongSentences: number
  readonly normalization: Normalization
}

/**
 * Word error rate of a corpus: edits are summed over the sentences, then divided once. Words are separated by white
 * space. Throws a `MetricError` if there are no sentences or the numbers of sentences differ.
 */
export function wer(
  references: readonly string[],
  hypotheses: readonly string[],
  options: ErrorRateOptions = {},
): ErrorRate {
  return errorRate('words', references, hypotheses, options)
}

/** Character error rate, as `wer` on Unicode code points; spaces inside a sentence count as characters. */
export function cer(
  references: readonly string[],
  hypotheses: readonly string[],
  options: ErrorRateOptions = {},
): ErrorRate {
  return errorRate('characters', references, hypotheses, options)
}

/** The words of a sentence as `wer` compares them. */
export function normalizedWords(text: string, normalization: Normalization = 'none'): string[] {
  const normalized = normalize(text, normalization)
  return normalized === '' ? [] : normalized.split(/\s+/u)
}

/**
 * Errors and reference items of each sentence: for intervals and tests of significance, of the error rate as a share.
 * Throws a `MetricError` if there are no sentences or the numbers of sentences differ.
 */
export function errorStatistics(
  unit: ErrorRate['unit'],
  references: readonly string[],
  hypotheses: readonly string[],
  options: ErrorRateOptions = {},
): CorpusStatistics {
  const sentences = sentenceEdits(unit, references, hypotheses, options).map(
    ({ hits, substitutions, deletions, insertions }) => [
      substitutions + deletions + insertions,
      hits + substitutions + deletions,
    ],
  )
  return { sentences, score: ([errors = 0, length = 0]) => errors / Math.max(1, length) }
}

function errorRate(
  unit: ErrorRate['unit'],
  references: readonly string[],
  hypotheses: readonly string[],
  options: ErrorRateOptions,
): ErrorRate {
  const sum = { hits: 0, substitutions: 0, deletions: 0, insertions: 0 }
  let wrongSentences = 0
  for (const edits of sentenceEdits(unit, references, hypotheses, options)) {
    sum.hits += edits.hits
    sum.substitutions += edits.substitutions
    sum.deletions += edits.deletions
    sum.insertions += edits.insertions
    if (edits.substitutions + edits.deletions + edits.insertions > 0) wrongSentences++
  }
  const { normalization = 'none' } = options
  return { unit, ...sum, ...rates(sum), sentences: references.length, wrongSentences, normalization }
}

function sentenceEdits(
  unit: ErrorRate['unit'],
  references: readonly string[],
  hypotheses: readonly string[],
  { normalization = 'none' }: ErrorRateOptions,
): EditCounts[] {
  if (references.length !== hypotheses.length) {
    throw new MetricError(
      `references and hypotheses must be as many: got ${references.length} and ${hypotheses.length} sentences`,
    )
  }
  if (references.length === 0) throw new MetricError('there are no sentences to compare')
  const items = (text: string): string[] =>
    unit === 'words' ? normalizedWords(text, normalization) : [...normalize(text, normalization)]
  return references.map((reference, i) => countEdits(items(reference), items(hypotheses[i]!)))
}

function rates({ hits, substitutions, deletions, insertions }: EditCounts) {
  const errors = substitutions + deletions + insertions
  const referenceLength = hits + substitutions + deletions
  const hypothesisLength = hits + substitutions + insertions
  // Two empty corpora agree completely; where only one is empty, nothing is preserved.
  const preserved =
    errors === 0 ? 1 : (hits / Math.max(1, referenceLength)) * (hits / Math.max(1, hypothesisLength))
  return {
    rate: errors / Math.max(1, referenceLength),
    mer: errors / Math.max(1, hits + errors),
    wil: 1 - preserved,
    referenceLength,
    hypothesisLength,
  }
}

function normalize(text: string, normalization: Normalization): string {
  if (normalization === 'none') return text.trim()
  const lower = text.toLowerCase()
  if (normalization === 'lowercase') return lower.trim()
  return lower
    .replaceAll('’', "'")
    .replaceAll(/(?<![\p{L}\p{N}])'|'(?![\p{L}\p{N}])|[^\P{P}']|\p{S}/gu, ' ')
    .replaceAll(/\s+/gu, ' ')
    .trim()
}
