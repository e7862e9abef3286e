import { FeatureExtractor, parseFeatureConfig } from '@parlance/audio'
import { Random } from '@parlance/runtime'
import { describe, expect, it } from 'vitest'
import { augment } from './augment.js'

const bins = 10
const frames = 60
const features = { frames, bins, data: new Random(1).normal(frames * bins) }
const mean = Array.from({ length: bins }, (_, b) => 100 + b)
const still = {
  features: parseFeatureConfig({ sampleRate: 8000, bins }),
  speeds: [1], gain: 0, noise: 0, noiseSnr: 10, splice: 0, timeMasks: 0, timeMaskFrames: 20, frequencyMasks: 0, frequencyMaskBins: 4, frequencyWarp: 0,
} as const
const config = (changes: Partial<Omit<typeof still, 'features' | 'speeds'>> | object) => ({ ...still, speeds: [1], ...changes })

describe('augment', () => {
  it('gives the same for the same stream, another for another, and changes nothing when told to', () => {
    const all = config({ gain: 6, timeMasks: 2, frequencyMasks: 2 })
    const once = augment(features, mean, all, new Random(1, 'a'))
    expect(augment(features, mean, all, new Random(1, 'a'))).toEqual(once)
    expect(augment(features, mean, all, new Random(2, 'a'))).not.toEqual(once)
    expect(augment(features, mean, config({}), new Random(1))).toEqual(features.data)
  })

  it('adds to the features what amplifying the samples does', () => {
    const samples = new Random(5).uniform(8000, -0.1, 0.1)
    const extractor = new FeatureExtractor({ sampleRate: 8000, bins })
    const original = extractor.compute(samples)
    const random = () => new Random(9, 'gain')
    const decibels = (2 * random().next() - 1) * 6
    const louder = extractor.compute(samples.map((value) => value * 10 ** (decibels / 20)))
    const augmented = augment(original, mean, config({ gain: 6 }), random())
    for (const [i, value] of louder.data.entries()) expect(augmented[i]).toBeCloseTo(value, 3)
  })

  it('hides whole frames and whole bins behind the mean, within the limits', () => {
    let mostFrames = 0
    let mostBins = 0
    for (let seed = 0; seed < 200; seed++) {
      const time = augment(features, mean, config({ timeMasks: 1 }), new Random(seed))
      const hiddenFrames = Array.from({ length: frames }, (_, t) => mean.every((value, b) => time[t * bins + b] === value))
      expect(hiddenFrames.filter(Boolean).length * bins).toBe(time.filter((value, i) => value !== features.data[i]).length)
      mostFrames = Math.max(mostFrames, hiddenFrames.filter(Boolean).length)
      const band = augment(features, mean, config({ frequencyMasks: 1 }), new Random(seed))
      const hiddenBins = mean.filter((value, b) => band.every((x, i) => i % bins !== b || x === value)).length
      expect(hiddenBins * frames).toBe(band.filter((value, i) => value !== features.data[i]).length)
      mostBins = Math.max(mostBins, hiddenBins)
    }
    expect(mostFrames).toBe(frames / 5)
    expect(mostBins).toBe(4)
  })

  it('hides at most a fifth of a short recording', () => {
    const short = { frames: 9, bins, data: new Float32Array(9 * bins) }
    for (let seed = 0; seed < 50; seed++) {
      const hidden = augment(short, mean, config({ timeMasks: 1 }), new Random(seed)).filter((value) => value !== 0).length
      expect(hidden).toBeLessThanOrEqual(bins)
    }
  })

  it('warps frequencies as far as it is told to, leaving the first and the last bin', () => {
    // A ramp shows where each bin comes from.
    const ramp = { frames, bins, data: Float32Array.from({ length: frames * bins }, (_, i) => i % bins) }
    const seen = [1, 2, 3, 4, 5].map((seed) => [...augment(ramp, mean, config({ frequencyWarp: 0.2 }), new Random(seed)).subarray(0, bins)])
    for (const places of seen) {
      expect(places[0]).toBe(0)
      expect(Math.abs((places[bins - 1] as number) - (bins - 1))).toBeLessThan(1e-5)
      const factor = places[1] as number
      expect(factor).toBeGreaterThan(0.8)
      expect(factor).toBeLessThan(1.2)
      for (const b of [2, 3, 4, 5]) expect(Math.abs((places[b] as number) - b * factor)).toBeLessThan(1e-5)
      for (let b = 1; b < bins; b++) expect(places[b] as number).toBeGreaterThan(places[b - 1] as number)
    }
    expect(new Set(seen.map(([, second]) => second)).size).toBe(5)
  })
})
