import { describe, expect, it } from 'vitest'
import { type DescriptorName, descriptorNames, spectralDescriptors } from './descriptors.js'
import { AudioError } from './errors.js'

const tone = (hertz: number, count = 2048) => Float32Array.from({ length: count }, (_, n) => 0.5 * Math.sin(2 * Math.PI * hertz * n / 16000))

describe('spectralDescriptors', () => {
  it('describes tones by their place in the spectrum', () => {
    for (const hertz of [500, 2000, 5000]) {
      const { frames, bins, data } = spectralDescriptors(tone(hertz), ['spectralCentroid', 'rms', 'zcr'])
      expect([frames, bins]).toEqual([7, 3])
      for (let t = 0; t < frames; t++) {
        // Bins of 31.25 Hz; the window's side lobes pull a little.
        expect(Math.abs(data[3 * t]! - hertz / 31.25)).toBeLessThan(2)
        // 0.5 / √2 under a Hann window of mean square 3 / 8.
        expect(data[3 * t + 1]).toBeCloseTo(0.5 / Math.SQRT2 * Math.sqrt(3 / 8), 2)
      }
    }
  })

  it('tells noise from a tone by flatness', () => {
    let state = 1
    const noise = Float32Array.from({ length: 512 }, () => { state = (state * 48271) % 2147483647; return state / 2147483647 - 0.5 })
    const flatness = (samples: Float32Array) => spectralDescriptors(samples, ['spectralFlatness']).data[0]!
    expect(flatness(noise)).toBeGreaterThan(10 * flatness(tone(1000, 512)))
  })

  it('is finite for silence and for short signals', () => {
    const { frames, data } = spectralDescriptors(new Float32Array(1024))
    expect([frames, data.length]).toEqual([3, 3 * descriptorNames.length])
    expect(data.every(Number.isFinite)).toBe(true)
    expect(spectralDescriptors(new Float32Array(1)).frames).toBe(0)
  })

  it('refuses unknown names and odd frames', () => {
    expect(() => spectralDescriptors(tone(1), ['loudnes' as DescriptorName])).toThrow(AudioError)
    expect(() => spectralDescriptors(tone(1), ['loudnes' as DescriptorName])).toThrow(/there is no "loudnes"; known: rms/)
    expect(() => spectralDescriptors(tone(1), ['rms'], { frameLength: 500 })).toThrow(/power of two of 32 or more samples, got 500/)
    expect(() => spectralDescriptors(tone(1), ['rms'], { hopLength: 0 })).toThrow(/hopLength must be a positive number/)
  })
})
