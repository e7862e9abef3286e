import { type BleuTokenizer, bleuTokenize } from './bleu-tokenize.js'
import { MetricError } from './error.js'
import { referenceLists, referenceNumber, type References } from './references.js'
import type { CorpusStatistics } from './statistics.js'
import { VERSION } from './version.js'

/** What BLEU is computed from; the counts of sentences are summed to those of a corpus. */
export interface BleuCounts {
  /** Matching n-grams of order 1, 2, …, clipped by the reference that has most of them. */
  readonly correct: readonly number[]
  /** All n-grams of the hypothesis. */
  readonly total: readonly number[]
  /** Tokens of the hypothesis. */
  readonly hypothesisLength: number
  /** Tokens of the reference whose length is closest (of two equally close ones, the shorter). */
  readonly referenceLength: number
}

export interface BleuScoreOptions {
  /**
   * What an order without matches counts as (Chen & Cherry 2014). `exp`: 1/2, 1/4, … of a match, successively; `floor`:
   * `smoothValue` matches; `add-k`: `smoothValue` is added to matches and total of every order above 1; `none`: 0.
   * Default `exp`.
   */
  readonly smooth?: 'exp' | 'floor' | 'add-k' | 'none'
  /** Default 0.1 for `floor`, 1 for `add-k`. */
  readonly smoothValue?: number
  /** Leave out orders of which the hypothesis has no n-grams: for single sentences. Default false. */
  readonly effectiveOrder?: boolean
}

export interface BleuOptions extends BleuScoreOptions {
  /** Default `13a`, that of WMT's mteval-v13a. */
  readonly tokenize?: BleuTokenizer
  /** Lower-case both sides. Default false. */
  readonly lowercase?: boolean
  /** Highest order of n-grams. Default 4. */
  readonly maxOrder?: number
}

export interface Bleu extends BleuCounts {
  /** 0 to 100. */
  readonly score: number
  /** Precision of each order, 0 to 100, smoothed. */
  readonly precisions: readonly number[]
  readonly brevityPenalty: number
  /** In the form of sacreBLEU's, naming all that changes the score. */
  readonly signature: string
}

/**
 * Corpus BLEU (Papineni et al. 2002), equal to sacreBLEU's (Post 2018). `references[i]` is the reference of
 * `hypotheses[i]` or a list of them. For a single sentence give one hypothesis and `effectiveOrder: true`.
 *
 * Throws a `MetricError` if there are no sentences, their numbers differ, or a sentence has no reference.
 */
export function bleu(
  hypotheses: readonly string[],
  references: References,
  options: BleuOptions = {},
): Bleu {
  const lists = referenceLists(hypotheses, references)
  const counts = sumBleuCounts(hypotheses.map((hypothesis, i) => bleuCounts(hypothesis, lists[i]!, options)))
  return { ...counts, ...scoreBleu(counts, options), signature: signature(lists, options) }
}

/** The counts of each sentence as numbers: for intervals and tests of significance. Throws as `bleu` does. */
export function bleuStatistics(
  hypotheses: readonly string[],
  references: References,
  options: BleuOptions = {},
): CorpusStatistics {
  const lists = referenceLists(hypotheses, references)
  const sentences = hypotheses.map((hypothesis, i) => {
    const { correct, total, hypothesisLength, referenceLength } = bleuCounts(hypothesis, lists[i]!, options)
    return [...correct, ...total, hypothesisLength, referenceLength]
  })
  const score = (sum: readonly number[]): number => {
    const orders = (sum.length - 2) / 2
    const [correct, total] = [sum.slice(0, orders), sum.slice(orders, 2 * orders)]
    const [hypothesisLength = 0, referenceLength = 0] = sum.slice(2 * orders)
    return scoreBleu({ correct, total, hypothesisLength, referenceLength }, options).score
  }
  return { sentences, score }
}

/** The counts of one sentence with at least one reference, for corpora that are scored in parts or resampled. */
export function bleuCounts(hypothesis: string, references: readonly string[], options: BleuOptions = {}): BleuCounts {
  const { tokenize = '13a', lowercase = false, maxOrder = 4 } = options
  if (references.length === 0) throw new MetricError('bleuCounts needs at least one reference')
  if (!Number.isInteger(maxOrder) || maxOrder < 1) {
    throw new MetricError(`maxOrder must be a positive integer, got ${maxOrder}`)
  }
  const tokens = (text: string): readonly string[] => bleuTokenize(lowercase ? text.toLowerCase() : text, tokenize)
  const hypothesisTokens = tokens(hypothesis)
  const referenceTokens = references.map(tokens)
  const ofReferences = referenceTokens.map((reference) => countNgrams(reference, maxOrder))
  const correct = new Array<number>(maxOrder).fill(0)
  for (const [order, ngrams] of countNgrams(hypothesisTokens, maxOrder).entries()) {
    for (const [ngram, count] of ngrams) {
      let most = 0
      for (const reference of ofReferences) most = Math.max(most, reference[order]!.get(ngram) ?? 0)
      correct[order]! += Math.min(count, most)
    }
  }
  const hypothesisLength = hypothesisTokens.length
  return {
    correct,
    total: correct.map((_, order) => Math.max(0, hypothesisLength - order)),
    hypothesisLength,
    referenceLength: closestLength(
      referenceTokens.map((reference) => reference.length),
      hypothesisLength,
    ),
  }
}

/** Throws a `MetricError` if there are none. */
export function sumBleuCounts(counts: readonly BleuCounts[]): BleuCounts {
  if (counts.length === 0) throw new MetricError('there are no sentences to compare')
  return counts.reduce(addCounts)
}

/** BLEU from summed counts. */
export function scoreBleu(
  counts: BleuCounts,
  options: BleuScoreOptions = {},
): Pick<Bleu, 'score' | 'precisions' | 'brevityPenalty'> {
  const { smooth = 'exp', effectiveOrder = false } = options
  const value = smoothValue(options)
  const { hypothesisLength: length, referenceLength } = counts
  const penalty = length === 0 ? 0 : Math.exp(1 - referenceLength / length)
  const brevityPenalty = length < referenceLength ? penalty : 1
  const precisions = counts.correct.map(() => 0)
  if (counts.correct.every((correct) => correct === 0)) return { score: 0, precisions, brevityPenalty }

  let orders = precisions.length
  let halving = 1
  for (const [n, matches] of counts.correct.entries()) {
    const added = smooth === 'add-k' && n > 0 ? value : 0
    const correct = matches + added
    const total = counts.total[n]! + added
    if (total === 0) break
    if (effectiveOrder) orders = n + 1
    if (correct > 0) precisions[n] = (100 * correct) / total
    else if (smooth === 'exp') precisions[n] = 100 / ((halving *= 2) * total)
    else if (smooth === 'floor') precisions[n] = (100 * value) / total
  }
  const logs = precisions.slice(0, orders).map((precision) => Math.log(precision))
  const score = brevityPenalty * Math.exp(logs.reduce((sum, log) => sum + log, 0) / orders)
  return { score, precisions, brevityPenalty }
}

function addCounts(a: BleuCounts, b: BleuCounts): BleuCounts {
  return {
    correct: a.correct.map((count, order) => count + b.correct[order]!),
    total: a.total.map((count, order) => count + b.total[order]!),
    hypothesisLength: a.hypothesisLength + b.hypothesisLength,
    referenceLength: a.referenceLength + b.referenceLength,
  }
}

/** How often each n-gram occurs, for the orders from 1. Tokens have no spaces, so that joining them is unambiguous. */
function countNgrams(tokens: readonly string[], maxOrder: number): Map<string, number>[] {
  return Array.from({ length: maxOrder }, (_, order) => {
    const counts = new Map<string, number>()
    for (let start = 0; start + order < tokens.length; start++) {
      const ngram = tokens.slice(start, start + order + 1).join(' ')
      counts.set(ngram, (counts.get(ngram) ?? 0) + 1)
    }
    return counts
  })
}

function closestLength(lengths: readonly number[], target: number): number {
  return lengths.reduce((best, length) => {
    const [distance, bestDistance] = [Math.abs(length - target), Math.abs(best - target)]
    return distance < bestDistance || (distance === bestDistance && length < best) ? length : best
  })
}

function smoothValue({ smooth, smoothValue }: BleuScoreOptions): number {
  return smoothValue ?? (smooth === 'floor' ? 0.1 : 1)
}

function signature(references: readonly (readonly string[])[], options: BleuOptions): string {
  const { smooth = 'exp', effectiveOrder = false, tokenize = '13a', lowercase = false, maxOrder = 4 } = options
  const valued = smooth === 'floor' || smooth === 'add-k'
  return [
    `nrefs:${referenceNumber(references)}`,
    `case:${lowercase ? 'lc' : 'mixed'}`,
    `eff:${effectiveOrder ? 'yes' : 'no'}`,
    `tok:${typeof tokenize === 'string' ? tokenize : tokenize.name}`,
    `smooth:${smooth}${valued ? `[${smoothValue(options).toFixed(2)}]` : ''}`,
    ...(maxOrder === 4 ? [] : [`order:${maxOrder}`]),
    `version:parlance-${VERSION}`,
  ].join('|')
}
