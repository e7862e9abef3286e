import { MetricError } from './error.js'
import { referenceLists, referenceNumber, type References } from './references.js'
import { splitOnSpaces } from './spaces.js'
import { type CorpusStatistics, corpusScore } from './statistics.js'
import { VERSION } from './version.js'

export interface ChrfOptions {
  /** Highest order of character n-grams. Default 6. */
  readonly charOrder?: number
  /** Highest order of word n-grams: 2 makes it chrF++ (Popović 2017). Default 0. */
  readonly wordOrder?: number
  /** Recall counts this many times as much as precision. Default 2. */
  readonly beta?: number
  /** Lower-case both sides. Default false. */
  readonly lowercase?: boolean
  /** Let white space take part in character n-grams. Default false. */
  readonly whitespace?: boolean
  /**
   * Average F over all orders, as the original chrF++.py does, instead of averaging precision and recall over the orders
   * that occur. Default false.
   */
  readonly epsSmoothing?: boolean
}

export interface Chrf {
  /** 0 to 100. */
  readonly score: number
  /** In the form of sacreBLEU's, naming all that changes the score. */
  readonly signature: string
}

/** N-grams of one order: in the hypothesis, in the reference, and in both. */
interface OrderCounts {
  hypothesis: number
  reference: number
  both: number
}

/**
 * Corpus chrF (Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation"), equal to sacreBLEU's.
 * `references[i]` is the reference of `hypotheses[i]` or a list of them, of which the one with the best score counts.
 *
 * Throws a `MetricError` if there are no sentences, their numbers differ, or a sentence has no reference.
 */
export function chrf(hypotheses: readonly string[], references: References, options: ChrfOptions = {}): Chrf {
  const score = corpusScore(chrfStatistics(hypotheses, references, options))
  return { score, signature: signature(referenceLists(hypotheses, references), resolve(options)) }
}

/** The n-gram counts of each sentence as numbers: for intervals and tests of significance. Throws as `chrf` does. */
export function chrfStatistics(
  hypotheses: readonly string[],
  references: References,
  options: ChrfOptions = {},
): CorpusStatistics {
  const lists = referenceLists(hypotheses, references)
  const resolved = resolve(options)
  const sentences = hypotheses.map((hypothesis, i) => {
    const ngrams = countNgrams(hypothesis, resolved)
    const counts = lists[i]!.map((reference) => compare(ngrams, countNgrams(reference, resolved)))
    const scores = counts.map((each) => fScore(each, resolved))
    const best = counts[scores.indexOf(Math.max(...scores))]!
    return best.flatMap(({ hypothesis, reference, both }) => [hypothesis, reference, both])
  })
  const ofOrder = (sum: readonly number[], order: number): OrderCounts => {
    const [hypothesis = 0, reference = 0, both = 0] = sum.slice(3 * order, 3 * order + 3)
    return { hypothesis, reference, both }
  }
  const score = (sum: readonly number[]): number =>
    fScore(Array.from({ length: sum.length / 3 }, (_, order) => ofOrder(sum, order)), resolved)
  return { sentences, score }
}

/** Throws a `MetricError` for orders or a beta that mean nothing. */
function resolve(options: ChrfOptions): Required<ChrfOptions> {
  const { charOrder = 6, wordOrder = 0, beta = 2, lowercase = false, whitespace = false, epsSmoothing = false } = options
  if (!(beta > 0)) throw new MetricError(`beta must be positive, got ${beta}`)
  if (charOrder + wordOrder === 0) throw new MetricError('charOrder and wordOrder must not both be 0')
  return { charOrder, wordOrder, beta, lowercase, whitespace, epsSmoothing }
}

/** What the original puts where it would divide by 0. It decides between references that match equally little. */
const EPSILON = 1e-16

function fScore(counts: readonly OrderCounts[], { beta, epsSmoothing }: Required<ChrfOptions>): number {
  const f = (precision: number, recall: number, otherwise: number): number =>
    precision + recall === 0 ? otherwise : ((1 + beta ** 2) * precision * recall) / (beta ** 2 * precision + recall)
  const mean = (values: readonly number[]): number =>
    values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
  const share = (part: number, whole: number): number => (whole > 0 ? part / whole : EPSILON)
  if (epsSmoothing) {
    return 100 * mean(counts.map(({ both, hypothesis, reference }) =>
      f(share(both, hypothesis), share(both, reference), EPSILON)))
  }
  const occurring = counts.filter(({ hypothesis, reference }) => hypothesis > 0 && reference > 0)
  const precisions = occurring.map(({ both, hypothesis }) => both / hypothesis)
  const recalls = occurring.map(({ both, reference }) => both / reference)
  return 100 * f(mean(precisions), mean(recalls), 0)
}

function compare(hypothesis: readonly Map<string, number>[], reference: readonly Map<string, number>[]): OrderCounts[] {
  return hypothesis.map((ngrams, order) => {
    const others = reference[order]!
    const counts: OrderCounts = { hypothesis: 0, reference: 0, both: 0 }
    for (const count of others.values()) counts.reference += count
    for (const [ngram, count] of ngrams) {
      // What cannot be found in any reference is no error either.
      if (others.size > 0) counts.hypothesis += count
      counts.both += Math.min(count, others.get(ngram) ?? 0)
    }
    return counts
  })
}

/** The character n-grams of each order, then the word n-grams. */
function countNgrams(text: string, options: Required<ChrfOptions>): Map<string, number>[] {
  const cased = options.lowercase ? text.toLowerCase() : text
  const characters = [...(options.whitespace ? cased : splitOnSpaces(cased).join(''))]
  const words = options.wordOrder > 0 ? splitOnSpaces(cased).flatMap(splitPunctuation) : []
  const ofOrder = (items: readonly string[], order: number, joint: string): Map<string, number> => {
    const counts = new Map<string, number>()
    for (let start = 0; start + order <= items.length; start++) {
      const ngram = items.slice(start, start + order).join(joint)
      counts.set(ngram, (counts.get(ngram) ?? 0) + 1)
    }
    return counts
  }
  return [
    ...Array.from({ length: options.charOrder }, (_, i) => ofOrder(characters, i + 1, '')),
    ...Array.from({ length: options.wordOrder }, (_, i) => ofOrder(words, i + 1, ' ')),
  ]
}

/** Parts one ASCII punctuation mark from a word: the last, else the first. */
function splitPunctuation(word: string): string[] {
  const match = /^(.+)([!-/:-@[-`{-~])$|^([!-/:-@[-`{-~])(.+)$/su.exec(word)
  return match ? match.slice(1).filter((part) => part !== undefined) : [word]
}

function signature(references: readonly (readonly string[])[], options: Required<ChrfOptions>): string {
  return [
    `nrefs:${referenceNumber(references)}`,
    `case:${options.lowercase ? 'lc' : 'mixed'}`,
    `eff:${options.epsSmoothing ? 'no' : 'yes'}`,
    `nc:${options.charOrder}`,
    `nw:${options.wordOrder}`,
    `space:${options.whitespace ? 'yes' : 'no'}`,
    ...(options.beta === 2 ? [] : [`beta:${options.beta}`]),
    `version:parlance-${VERSION}`,
  ].join('|')
}
