import { describe, expect, it } from 'vitest'
import type { Features } from './matrix.js'
import { featureStats, normalizeFeatures } from './normalization.js'

const features = (bins: number, ...data: number[]): Features => ({ frames: data.length / bins, bins, data: Float32Array.from(data) })

describe('normalizeFeatures', () => {
  it('brings each bin to mean 0 and deviation 1', () => {
    expect([...normalizeFeatures(features(2, 1, 10, 3, 30, 5, 20)).data].map((v) => Number(v.toFixed(4))))
      .toEqual([-1.2247, -1.2247, 0, 1.2247, 1.2247, 0])
  })

  it('takes the statistics of many utterances', () => {
    const stats = featureStats([features(1, 0, 2), features(1), features(1, 4, 6)])
    expect(stats).toEqual({ frames: 4, mean: [3], deviation: [Math.sqrt(5)] })
    expect(normalizeFeatures(features(1, 3 + Math.sqrt(5)), stats).data[0]).toBeCloseTo(1, 6)
  })

  it('keeps its digits when the mean is far from zero', () => {
    const { deviation } = featureStats([features(1, ...Array.from({ length: 1000 }, (_, i) => 1e6 + (i % 2)))])
    expect(deviation[0]).toBeCloseTo(0.5, 10)
  })

  it('leaves a bin that never changes at zero', () => {
    expect([...normalizeFeatures(features(1, 7, 7)).data]).toEqual([0, 0])
  })

  it('keeps no frames as no frames', () => {
    expect(normalizeFeatures(features(3))).toEqual(features(3))
  })

  it('rejects statistics of another width, mixed widths and no frames', () => {
    expect(() => normalizeFeatures(features(2, 1, 2), featureStats([features(1, 1)]))).toThrow(/statistics of 1 bins do not fit features of 2/)
    expect(() => featureStats([features(1, 1), features(2, 1, 2)])).toThrow(/features of 1 and of 2 bins cannot share statistics/)
    expect(() => featureStats([])).toThrow(/no frames to take statistics from/)
  })
})
