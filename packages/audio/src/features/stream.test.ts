import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AudioError } from '../errors.js'
import { seededRandom } from '../random.js'
import type { FeatureOptions } from './config.js'
import { addDeltas } from './deltas.js'
import { FeatureExtractor } from './extractor.js'

const noise = (count: number, seed = 1) => {
  const random = seededRandom(seed)
  return Float32Array.from({ length: count }, () => random.next() - 0.5)
}

const settings: FeatureOptions[] = [
  { sampleRate: 8000, bins: 20 },
  { sampleRate: 8000, bins: 20, snipEdges: false, dither: 0.01 },
  { sampleRate: 8000, bins: 20, snipEdges: false, frameShift: 40, deltas: 1 },
  { sampleRate: 8000, kind: 'mfcc', deltas: 2 },
  { sampleRate: 8000, kind: 'spectrogram' },
  { convention: 'htk', sampleRate: 8000, kind: 'mfcc', deltas: 2 },
  { convention: 'whisper' },
  { convention: 'librosa', sampleRate: 8000, fftSize: 512, hopLength: 100, windowLength: 300, bins: 20 },
  { convention: 'librosa', sampleRate: 8000, fftSize: 512, hopLength: 100, bins: 20, padding: 'reflect', topDb: null },
  { convention: 'librosa', sampleRate: 8000, fftSize: 256, hopLength: 100, bins: 20, kind: 'mfcc', center: false, cepstra: 8, topDb: null },
]

describe('FeatureStream', () => {
  it.each(settings)('random pieces give the values of the whole: %j', (options) => {
    const extractor = new FeatureExtractor(options)
    fc.assert(fc.property(fc.integer({ min: 0, max: 3000 }), fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 12 }), (total, cuts) => {
      const samples = noise(total)
      const whole = extractor.compute(samples)
      const stream = extractor.stream()
      const values: number[] = []
      let at = 0
      for (const size of [...cuts, total]) {
        values.push(...stream.push(samples.subarray(at, at + size)).data)
        at = Math.min(total, at + size)
      }
      const last = stream.finish()
      values.push(...last.data)
      expect(last.bins).toBe(whole.bins)
      expect(values.length).toBe(whole.data.length)
      for (const [i, value] of whole.data.entries()) {
        if (!(Math.abs(values[i]! - value) <= 1e-6)) throw new Error(`value ${i}: ${values[i]} for ${value}`)
      }
    }), { numRuns: 60, seed: 3 })
  })

  it('gives a frame out as soon as its samples are there', () => {
    const stream = new FeatureExtractor().stream()
    expect(stream.push(noise(399)).frames).toBe(0)
    expect(stream.push(noise(1)).frames).toBe(1)
    expect(stream.push(noise(159)).frames).toBe(0)
    expect(stream.push(noise(1)).frames).toBe(1)
    expect(stream.finish().frames).toBe(0)
  })

  it('cannot go on after its end', () => {
    const stream = new FeatureExtractor().stream()
    stream.finish()
    expect(() => stream.push(noise(1))).toThrow(AudioError)
    expect(() => stream.finish()).toThrow(/it is finished; make a new one/)
  })
})

describe('addDeltas', () => {
  it('is the slope of a line and zero beyond, away from the ends, in both conventions', () => {
    const line = { frames: 20, bins: 2, data: Float32Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 3 * (i >> 1) : 7)) }
    for (const convention of ['htk', 'kaldi'] as const) {
      const { bins, data } = addDeltas(line, 2, convention)
      expect(bins).toBe(6)
      for (let t = 4; t < 16; t++) {
        const row = [...data.subarray(t * 6, t * 6 + 6)]
        for (const [i, wanted] of [3 * t, 7, 3, 0, 0, 0].entries()) expect(row[i]).toBeCloseTo(wanted, 5)
      }
    }
  })

  it('meets the ends as HTK and as Kaldi do', () => {
    const step = { frames: 3, bins: 1, data: Float32Array.from([0, 0, 10]) }
    const column = (convention: 'htk' | 'kaldi', k: number) => {
      const { data } = addDeltas(step, 2, convention)
      return [0, 1, 2].map((t) => data[3 * t + k]!)
    }
    // d_t = (x_{t+1} - x_{t-1} + 2 (x_{t+2} - x_{t-2})) / 10, ends repeated: by hand.
    expect(column('htk', 1)).toEqual([2, 3, 3].map(Math.fround))
    const second = [(3 - 2 + 2 * (3 - 2)) / 10, (3 - 2 + 2 * (3 - 2)) / 10, (3 - 3 + 2 * (3 - 2)) / 10]
    for (const [t, value] of second.entries()) expect(column('htk', 2)[t]).toBeCloseTo(value, 6)
    // Kaldi: the filter [4 4 1 -4 -10 -4 1 4 4] / 100 over x with repeated ends.
    const filter = [4, 4, 1, -4, -10, -4, 1, 4, 4]
    const at = (i: number) => (i >= 2 ? 10 : 0)
    for (let t = 0; t < 3; t++) {
      expect(column('kaldi', 2)[t]).toBeCloseTo(filter.reduce((sum, tap, i) => sum + tap / 100 * at(t + i - 4), 0), 6)
    }
  })
})
