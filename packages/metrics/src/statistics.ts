/**
 * A corpus metric in parts: what each sentence contributes, and the metric of the sum. BLEU, chrF, TER and error rates
 * all are of this kind, so that one bootstrap and one test of significance serve them.
 */
export interface CorpusStatistics {
  /** One list of numbers per sentence, all of one length. */
  readonly sentences: readonly (readonly number[])[]
  /** The metric of a corpus whose sentences' numbers sum to `sum`. */
  readonly score: (sum: readonly number[]) => number
}

/** The metric of the whole corpus. */
export function corpusScore(statistics: CorpusStatistics): number {
  return statistics.score(sumOf(statistics))
}

/** The sum of all sentences' numbers. */
export function sumOf({ sentences }: CorpusStatistics): number[] {
  const sum = new Array<number>(sentences[0]?.length ?? 0).fill(0)
  for (const each of sentences) addTo(sum, each)
  return sum
}

/** Adds numbers to those of a sum. */
export function addTo(sum: number[], numbers: readonly number[]): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += numbers[i]!
}
