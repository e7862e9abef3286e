import { describe, expect, it } from 'vitest'
import {
  approximateRandomization,
  bleu,
  bleuStatistics,
  chrf,
  chrfStatistics,
  corpusScore,
  type CorpusStatistics,
  errorStatistics,
  MetricError,
  pairedBootstrap,
  scoreInterval,
  ter,
  terStatistics,
  wer,
} from '../index.js'
import { mulberry32 } from './random.js'

const hypotheses = ['the dog bit the man .', 'no one was surprised', 'the man had just bitten him', 'a b c d e f']
const references = ['the dog had bit the man .', 'nobody was surprised', ['the man bit him first', 'the man had bitten the dog'], 'a b d c e f']
const single = references.map((each) => (typeof each === 'string' ? each : each[0]!))

/** The mean of numbers as a corpus metric. */
function meanOf(values: readonly number[]): CorpusStatistics {
  return { sentences: values.map((value) => [value, 1]), score: ([sum = 0, count = 0]) => sum / count }
}

describe('corpus statistics', () => {
  it('give the metric that they are of', () => {
    const options = { smooth: 'add-k', maxOrder: 3, lowercase: true } as const
    expect(corpusScore(bleuStatistics(hypotheses, references, options))).toBe(bleu(hypotheses, references, options).score)
    expect(corpusScore(chrfStatistics(hypotheses, references, { wordOrder: 2 })))
      .toBe(chrf(hypotheses, references, { wordOrder: 2 }).score)
    expect(corpusScore(terStatistics(hypotheses, references))).toBe(ter(hypotheses, references).score)
    expect(corpusScore(errorStatistics('words', single, hypotheses))).toBe(wer(single, hypotheses).rate)
  })
})

describe('scoreInterval', () => {
  it('has the width that the central limit theorem gives to a mean', () => {
    // 400 values of standard deviation 1: the standard error is 0.05 and 95% lie within 1.96 of it.
    const values = Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 1 : -1))
    const interval = scoreInterval(meanOf(values), { seed: 1, samples: 4000 })
    expect(Math.abs(interval.high - 0.098)).toBeLessThan(0.01)
    expect(Math.abs(interval.low + 0.098)).toBeLessThan(0.01)
  })
})

describe('pairedBootstrap', () => {
  const random = mulberry32(4)
  const baseline = Array.from({ length: 400 }, () => 10 * random())
  // Uniform, of mean 0.1 and deviation 1.
  const gains = baseline.map((_, i) => 0.1 + Math.sqrt(12) * ((((7 * i) % 400) + 0.5) / 400 - 0.5))

  it('sees what both systems share cancel', () => {
    // Over 400 sentences the standard error is 0.05: z = 2, two-sided p = 0.0455, wins Φ(2) = 0.977.
    const system = baseline.map((value, i) => value + gains[i]!)
    const result = pairedBootstrap(meanOf(baseline), meanOf(system), { seed: 2, samples: 10_000 })
    expect(result.difference).toBeCloseTo(0.1, 10)
    // Standard errors of the shares: 0.0021 and 0.0015.
    expect(Math.abs(result.pValue - 0.0455)).toBeLessThan(0.009)
    expect(Math.abs(result.wins - 0.977)).toBeLessThan(0.006)
    expect(Math.abs(result.interval.low - 0.002)).toBeLessThan(0.008)
    expect(Math.abs(result.interval.high - 0.198)).toBeLessThan(0.008)
  })

  it('finds no difference between a system and itself', () => {
    const statistics = bleuStatistics(hypotheses, references)
    expect(pairedBootstrap(statistics, statistics, { seed: 1, samples: 100 }))
      .toEqual({ difference: 0, interval: { low: 0, high: 0, mean: 0 }, wins: 0, pValue: 1 })
  })
})

describe('approximateRandomization', () => {
  it('comes to the share of all exchanges', () => {
    const other = ['the dog bit a man .', 'nobody was surprised', 'the man had just bitten him', 'a b d c e']
    const several = [...hypotheses, ...hypotheses.slice(0, 2)]
    const others = [...other, 'the dog had bit the man', 'no one surprised']
    const references6 = [...references, ...references.slice(0, 2)]
    for (const statisticsOf of [bleuStatistics, chrfStatistics, terStatistics]) {
      const [baseline, system] = [statisticsOf(several, references6), statisticsOf(others, references6)]
      const observed = Math.abs(corpusScore(system) - corpusScore(baseline))
      expect(observed).toBeGreaterThan(0)
      let asFar = 0
      for (let exchanges = 0; exchanges < 64; exchanges++) {
        const side = (mine: CorpusStatistics, its: CorpusStatistics): CorpusStatistics => (
          { ...mine, sentences: mine.sentences.map((each, i) => ((exchanges >> i) & 1 ? its.sentences[i]! : each)) })
        const difference = Math.abs(corpusScore(side(system, baseline)) - corpusScore(side(baseline, system)))
        if (difference >= observed - 1e-9) asFar++
      }
      const { pValue } = approximateRandomization(baseline, system, { seed: 3, trials: 20_000 })
      // Standard error of the share: at most 0.0036.
      expect(Math.abs(pValue - asFar / 64)).toBeLessThan(0.014)
    }
  })

  it('repeats with the seed and differs without', () => {
    const [a, b] = [meanOf([1, 5, 2, 8, 3]), meanOf([2, 7, 1, 9, 9])]
    const result = approximateRandomization(a, b, { seed: 7, trials: 1000 })
    expect(approximateRandomization(a, b, { seed: 7, trials: 1000 })).toEqual(result)
    expect(approximateRandomization(a, b, { seed: 8, trials: 1000 })).not.toEqual(result)
  })

  it('rejects systems of different sentences', () => {
    expect(() => approximateRandomization(meanOf([1]), meanOf([1, 2]), { seed: 1 }))
      .toThrow('baseline and system must be of the same sentences: got 1 and 2')
    expect(() => pairedBootstrap(meanOf([]), meanOf([]), { seed: 1 })).toThrow('there are no sentences to compare')
    expect(() => pairedBootstrap(terStatistics(['a'], ['a']), bleuStatistics(['a'], ['a']), { seed: 1 }))
      .toThrow('must be of one metric with one set of options: got 2 and 10 numbers per sentence')
    expect(() => approximateRandomization(meanOf([1]), meanOf([2]), { seed: 1, trials: 0 }))
      .toThrow('trials must be a positive integer, got 0')
    expect(() => pairedBootstrap(meanOf([1]), meanOf([2]), { seed: 1, samples: 0 })).toThrow(MetricError)
  })
})
