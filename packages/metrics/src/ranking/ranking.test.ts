import { describe, expect, it } from 'vitest'
import { linkPrediction, rankingMetrics } from './link-prediction.js'
import { placeAnswer, realisticRank } from './rank.js'

/** Numbers in 0 … 1 from a fixed sequence. */
function numbers(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

describe('placeAnswer', () => {
  it('gives the mean of the first and the last place in a sorted list, with planted ties', () => {
    const random = numbers(7)
    let tied = 0
    for (let trial = 0; trial < 300; trial++) {
      const size = 2 + Math.floor(random() * 12)
      const scores = Float32Array.from({ length: size }, () => Math.floor(random() * 4)) // many ties
      const answer = Math.floor(random() * size)
      const excluded = Int32Array.from({ length: size }, (_, i) => i).filter(() => random() < 0.3)
      const kept = [...scores].filter((_, i) => i === answer || !excluded.includes(i)).toSorted((a, b) => b - a)
      const [first, last] = [kept.indexOf(scores[answer]!) + 1, kept.lastIndexOf(scores[answer]!) + 1]
      if (first !== last) tied++
      const placed = placeAnswer(scores, answer, excluded)
      expect(placed).toEqual({ better: first - 1, ties: last - first, candidates: kept.length })
      expect(realisticRank(placed)).toBe((first + last) / 2)
    }
    expect(tied).toBeGreaterThan(100)
  })

  it('puts equal scores in the middle, not first', () => {
    expect(realisticRank(placeAnswer(new Float32Array(101), 3))).toBe(51)
  })

  it('refuses scores that are not numbers and candidates that are not there', () => {
    expect(() => placeAnswer(Float32Array.of(1, NaN, 0), 0)).toThrow('a score is not a number (NaN)')
    expect(() => placeAnswer(Float32Array.of(NaN, 1), 0)).toThrow('a score is not a number (NaN)')
    expect(() => placeAnswer(Float32Array.of(1, 2), 2)).toThrow('the answer must be one of 2 candidates, got 2')
    expect(() => placeAnswer(Float32Array.of(1, 2), 0, Int32Array.of(5))).toThrow('an excluded candidate must be one of 2, got 5')
  })
})

describe('rankingMetrics', () => {
  it('computes the figures of a worked example', () => {
    const figures = rankingMetrics({ ranks: Float64Array.of(1, 2, 4.5, 20), candidates: Int32Array.of(20, 20, 20, 40) })
    expect(figures.mrr).toBeCloseTo((1 + 1 / 2 + 1 / 4.5 + 1 / 20) / 4, 12)
    expect(figures.hits).toEqual({ 1: 0.25, 3: 0.5, 10: 0.75 })
    expect(figures.meanRank).toBe(27.5 / 4)
    expect(figures.adjustedMeanRank).toBeCloseTo(27.5 / (3 * 10.5 + 20.5), 12)
  })

  it('gives random scores an adjusted mean rank of 1', () => {
    const random = numbers(3)
    const size = 4000
    const candidates = Int32Array.from({ length: size }, (_, i) => 10 + (i % 90))
    const ranks = Float64Array.from(candidates, (n) => 1 + Math.floor(random() * n))
    // The deviation of one rank is about 0.29 n: of the mean of 4000, 1% of the expected rank.
    expect(rankingMetrics({ ranks, candidates }).adjustedMeanRank).toBeCloseTo(1, 1)
  })

  it('refuses no ranks and impossible ones', () => {
    expect(() => rankingMetrics({ ranks: new Float64Array(), candidates: new Int32Array() })).toThrow('need one rank at least')
    expect(() => rankingMetrics({ ranks: Float64Array.of(0), candidates: Int32Array.of(4) })).toThrow('within 1 and 4, got 0')
    expect(() => rankingMetrics({ ranks: Float64Array.of(1, 2), candidates: Int32Array.of(4) })).toThrow('each of 2 ranks')
  })
})

describe('linkPrediction', () => {
  const of = (...ranks: number[]) => ({ ranks: Float64Array.from(ranks), candidates: new Int32Array(ranks.length).fill(50) })

  it('parts the figures by side and relation, and resamples triples', () => {
    const figures = linkPrediction({ heads: of(1, 2, 10, 4), tails: of(2, 2, 50, 1), relations: Int32Array.of(3, 0, 0, 3) })
    expect(figures.queries).toBe(8)
    expect(figures.mrr).toBeCloseTo((1 + 0.5 + 0.1 + 0.25 + 0.5 + 0.5 + 0.02 + 1) / 8, 12)
    expect(figures.heads.mrr).toBeCloseTo(1.85 / 4, 12)
    expect(figures.tails.hits[10]).toBe(0.75)
    expect([...figures.relations.keys()]).toEqual([3, 0])
    expect(figures.relations.get(0)?.mrr).toBeCloseTo((0.5 + 0.5 + 0.1 + 0.02) / 4, 12)
    expect(figures.interval.low).toBeLessThan(figures.mrr)
    expect(figures.interval.high).toBeGreaterThan(figures.mrr)
    // The least and the greatest mean of a triple bound every resampled one.
    expect(figures.interval.low).toBeGreaterThanOrEqual(0.06)
    expect(figures.interval.high).toBeLessThanOrEqual(0.75)
  })

  it('needs both sides of each triple', () => {
    expect(() => linkPrediction({ heads: of(1), tails: of(1, 2), relations: Int32Array.of(0, 0) })).toThrow('each of 2 triples, got 1 and 2')
  })
})
