import { MetricError } from '../error.js'
import { addTo, corpusScore, type CorpusStatistics, sumOf } from '../statistics.js'
import { bootstrap, type BootstrapOptions, type ConfidenceInterval } from './bootstrap.js'
import { mulberry32 } from './random.js'

/** The interval of a corpus metric over resampled sentences (Koehn 2004). Throws a `MetricError` as `bootstrap` does. */
export function scoreInterval(statistics: CorpusStatistics, options: BootstrapOptions): ConfidenceInterval {
  return bootstrap(statistics.sentences.length, (positions) => scoreAt(statistics, positions), options)
}

export interface PairedBootstrap {
  /** The system's score less the baseline's. */
  readonly difference: number
  /** Of the difference. */
  readonly interval: ConfidenceInterval
  /** Share of the resampled corpora on which the system's score is the higher. */
  readonly wins: number
  /**
   * How often chance alone gives a difference so great, either way: the resampled differences, moved to a mean of 0,
   * that are at least as far from it (Riezler & Maxwell 2005), the observed one among them.
   */
  readonly pValue: number
}

/**
 * Paired bootstrap resampling (Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation"): two
 * systems on the same sentences, resampled together.
 *
 * Throws a `MetricError` if the systems differ in sentences or metric, or for options that are out of range.
 */
export function pairedBootstrap(
  baseline: CorpusStatistics,
  system: CorpusStatistics,
  options: BootstrapOptions,
): PairedBootstrap {
  checkPair(baseline, system)
  const differences: number[] = []
  const interval = bootstrap(
    system.sentences.length,
    (positions) => {
      differences.push(scoreAt(system, positions) - scoreAt(baseline, positions))
      return differences.at(-1)!
    },
    options,
  )
  const difference = corpusScore(system) - corpusScore(baseline)
  const asFar = differences.filter((each) => isAsFar(each - interval.mean, difference)).length
  return {
    difference,
    interval,
    wins: differences.filter((each) => each > 0).length / differences.length,
    pValue: (asFar + 1) / (differences.length + 1),
  }
}

export interface RandomizationOptions {
  /** Same seed, same result. */
  readonly seed: number
  /** Number of random exchanges. Default 10,000. */
  readonly trials?: number
}

export interface Randomization {
  /** The system's score less the baseline's. */
  readonly difference: number
  /** Share of the exchanges with a difference at least as great, either way, the observed one among them. */
  readonly pValue: number
}

/**
 * Paired approximate randomization (Noreen 1989; Riezler & Maxwell 2005, "On Some Pitfalls in Automatic Evaluation and
 * Significance Testing for MT"): were the systems alike, exchanging their outputs of any sentences would change nothing.
 *
 * Throws a `MetricError` if the systems differ in sentences or metric, or for options that are out of range.
 */
export function approximateRandomization(
  baseline: CorpusStatistics,
  system: CorpusStatistics,
  { seed, trials = 10_000 }: RandomizationOptions,
): Randomization {
  checkPair(baseline, system)
  if (!Number.isInteger(trials) || trials < 1) {
    throw new MetricError(`trials must be a positive integer, got ${trials}`)
  }
  const difference = corpusScore(system) - corpusScore(baseline)
  const random = mulberry32(seed)
  const [systemSum, baselineSum] = [sumOf(system), sumOf(baseline)]
  // Exchanging a sentence moves what the systems' numbers differ by from one sum to the other.
  const gains = system.sentences
    .map((numbers, i) => numbers.map((number, n) => number - baseline.sentences[i]![n]!))
    .filter((gain) => gain.some((number) => number !== 0))
  let asFar = 0
  for (let trial = 0; trial < trials; trial++) {
    const moved = systemSum.map(() => 0)
    for (const gain of gains) if (random() < 0.5) addTo(moved, gain)
    const score = system.score(systemSum.map((sum, n) => sum - moved[n]!))
    if (isAsFar(score - baseline.score(baselineSum.map((sum, n) => sum + moved[n]!)), difference)) asFar++
  }
  return { difference, pValue: (asFar + 1) / (trials + 1) }
}

/** Equal scores that were summed in another order may differ in their last bits, and count as equal. */
function isAsFar(difference: number, observed: number): boolean {
  return Math.abs(difference) >= Math.abs(observed) - 1e-9
}

/** The metric of the sentences at some positions, which may repeat. */
function scoreAt({ sentences, score }: CorpusStatistics, positions: Int32Array): number {
  const sum = new Array<number>(sentences[0]!.length).fill(0)
  for (const position of positions) addTo(sum, sentences[position]!)
  return score(sum)
}

function checkPair(baseline: CorpusStatistics, system: CorpusStatistics): void {
  if (baseline.sentences.length !== system.sentences.length) {
    throw new MetricError(
      `baseline and system must be of the same sentences: got ${baseline.sentences.length} and ${system.sentences.length}`,
    )
  }
  if (system.sentences.length === 0) throw new MetricError('there are no sentences to compare')
  const [ofBaseline, ofSystem] = [baseline.sentences[0]!.length, system.sentences[0]!.length]
  if (ofBaseline !== ofSystem) {
    throw new MetricError(
      `baseline and system must be of one metric with one set of options: got ${ofBaseline} and ${ofSystem} numbers per sentence`,
    )
  }
}
