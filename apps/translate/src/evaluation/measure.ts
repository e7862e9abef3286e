import {
  approximateRandomization,
  type Bleu,
  bleu,
  bleuStatistics,
  chrf,
  chrfStatistics,
  type ConfidenceInterval,
  corpusScore,
  type CorpusStatistics,
  pairedBootstrap,
  scoreInterval,
  ter,
  terStatistics,
} from '@parlance/metrics'
import type { Pair } from '@parlance/translation'

/** Of resampling and exchanging sentences: the same figures each time. */
const SEED = 1

/** A corpus metric of some translations. */
export interface Measure {
  /** As sacreBLEU calls it. */
  readonly name: string
  readonly signature: string
  readonly score: number
  /** Of the score, 95%, over resampled sentences; not for a single one. */
  readonly interval: ConfidenceInterval | undefined
  readonly statistics: CorpusStatistics
}

export interface Measures {
  readonly bleu: Bleu
  /** BLEU, chrF, chrF++, TER. */
  readonly all: readonly Measure[]
}

export function measure(translations: readonly string[], references: readonly string[], samples: number): Measures {
  const whole = bleu(translations, references)
  const add = (name: string, { score, signature }: { score: number; signature: string }, statistics: CorpusStatistics): Measure => ({
    name,
    signature,
    score,
    interval: translations.length > 1 ? scoreInterval(statistics, { seed: SEED, samples }) : undefined,
    statistics,
  })
  const plus = { wordOrder: 2 }
  return {
    bleu: whole,
    all: [
      add('BLEU', whole, bleuStatistics(translations, references)),
      add('chrF2', chrf(translations, references), chrfStatistics(translations, references)),
      add('chrF2++', chrf(translations, references, plus), chrfStatistics(translations, references, plus)),
      add('TER', ter(translations, references), terStatistics(translations, references)),
    ],
  }
}

/** The scores of the sentences at some places, in the order of `Measures.all`. */
function scoresAt({ all }: Measures, places: readonly number[]): number[] {
  return all.map(({ statistics }) => corpusScore({ ...statistics, sentences: places.map((i) => statistics.sentences[i] as number[]) }))
}

/** Sentences whose sources are of like length. */
export interface LengthBucket {
  /** Words of the source, between white space. */
  readonly from: number
  readonly to: number
  readonly sentences: number
  readonly scores: readonly number[]
  /** Words of the translations over those of the references. */
  readonly lengthRatio: number
}

const BUCKETS = [1, 6, 11, 16, 21, 31, Infinity]

export function byLength(measures: Measures, pairs: readonly Pair[], translations: readonly string[]): LengthBucket[] {
  return BUCKETS.slice(0, -1).flatMap((from, i) => {
    const to = (BUCKETS[i + 1] as number) - 1
    const places = pairs.flatMap(({ source }, place) => (countWords(source) >= from && countWords(source) <= to ? place : []))
    if (places.length === 0) return []
    const sum = (count: (place: number) => number): number => places.reduce((total, place) => total + count(place), 0)
    const translated = sum((place) => countWords(translations[place] as string))
    const lengthRatio = translated / Math.max(1, sum((place) => countWords((pairs[place] as Pair).target)))
    return [{ from, to, sentences: places.length, scores: scoresAt(measures, places), lengthRatio }]
  })
}

function countWords(text: string): number {
  return Math.max(1, text.match(/\S+/gu)?.length ?? 0)
}

/** A model against another one on the same sentences. */
export interface MeasureComparison {
  readonly name: string
  readonly score: number
  readonly other: number
  readonly difference: number
  /** Of the difference, 95%. */
  readonly interval: ConfidenceInterval
  /** Two-sided: paired bootstrap, and approximate randomization. */
  readonly bootstrapP: number
  readonly randomizationP: number
}

export function compare(system: Measures, baseline: Measures, samples: number): MeasureComparison[] {
  return system.all.map(({ name, score, statistics }, i) => {
    const other = baseline.all[i] as Measure
    const { difference, interval, pValue } = pairedBootstrap(other.statistics, statistics, { seed: SEED, samples })
    const { pValue: randomizationP } = approximateRandomization(other.statistics, statistics, { seed: SEED })
    return { name, score, other: other.score, difference, interval, bootstrapP: pValue, randomizationP }
  })
}
