import { describe, expect, it } from 'vitest'
import { seededRandom } from '../random.js'
import { type FeatureOptions, frameSeconds, parseFeatureConfig } from './config.js'
import { FeatureExtractor } from './extractor.js'
import { featureWidth, gainOffsets } from './width.js'

const settings: [options: FeatureOptions, width: number][] = [
  [{ sampleRate: 8000, bins: 12 }, 12],
  [{ sampleRate: 8000, bins: 12, deltas: 2 }, 36],
  [{ sampleRate: 8000, kind: 'mfcc', deltas: 1 }, 26],
  [{ sampleRate: 8000, kind: 'mfcc', useEnergy: false, cepstra: 7 }, 7],
  [{ sampleRate: 8000, kind: 'spectrogram' }, 129],
  [{ convention: 'htk', sampleRate: 8000, bins: 18, usePower: true }, 18],
  [{ convention: 'htk', sampleRate: 8000, kind: 'mfcc', last: 'energy' }, 13],
  [{ convention: 'htk', sampleRate: 8000, kind: 'mfcc', last: 'none', deltas: 1 }, 24],
  [{ convention: 'whisper' }, 80],
  [{ convention: 'librosa', sampleRate: 8000, fftSize: 512, bins: 30 }, 30],
  [{ convention: 'librosa', sampleRate: 8000, fftSize: 512, bins: 30, kind: 'mfcc' }, 20],
  [{ convention: 'librosa', sampleRate: 8000, fftSize: 512, kind: 'spectrogram' }, 257],
]
const random = seededRandom(8)
const samples = Float32Array.from({ length: 4000 }, () => 0.2 * (random.next() - 0.5))

describe('featureWidth and gainOffsets', () => {
  it.each(settings)('%j: what is computed has the width %i, and a gain adds the offsets', (options, width) => {
    const extractor = new FeatureExtractor(options)
    expect(featureWidth(extractor.config)).toBe(width)
    expect(extractor.width).toBe(width)
    const before = extractor.compute(samples)
    expect(before.bins).toBe(width)
    const after = extractor.compute(samples.map((value) => value * 10 ** (5 / 20)))
    const offsets = gainOffsets(extractor.config, 5)
    expect(offsets.length).toBe(width)
    // The lifter multiplies the rounding of float32 log-mel values.
    for (const [i, value] of after.data.entries()) expect(Math.abs(value - before.data[i]! - offsets[i % width]!)).toBeLessThan(5e-4)
  })
})

describe('frameSeconds', () => {
  it.each<[FeatureOptions, number]>([
    [{}, 0.01], [{ frameShift: 12.5 }, 0.0125], [{ convention: 'whisper' }, 0.01], [{ convention: 'librosa' }, 512 / 22050],
  ])('%j: %d', (options, wanted) => expect(frameSeconds(parseFeatureConfig(options))).toBe(wanted))
})
