import { describe, expect, it } from 'vitest'
import type { FeatureOptions } from './config.js'
import { computeFeatures, FeatureExtractor } from './extractor.js'
import { hertzToMel, melFilterBank } from './mel.js'

const sweep = (samples: number, rate: number) =>
  Float32Array.from({ length: samples }, (_, n) => 0.3 * Math.sin(2 * Math.PI * (200 + 0.1 * n) * n / rate) + 0.01 * Math.sin(n * n))

function powerSpectrum(frame: number[], size: number): number[] {
  return Array.from({ length: size / 2 + 1 }, (_, k) => {
    let re = 0
    let im = 0
    for (const [n, value] of frame.entries()) {
      const angle = 2 * Math.PI * ((k * n) % size) / size
      re += value * Math.cos(angle)
      im -= value * Math.sin(angle)
    }
    return re * re + im * im
  })
}

describe('computeFeatures', () => {
  it('equals the definition written out for one Kaldi frame', () => {
    const samples = sweep(1000, 16000)
    const { frames, bins, data } = computeFeatures(samples)
    expect([frames, bins]).toEqual([1 + Math.floor((1000 - 400) / 160), 80])
    const t = 2
    const frame = [...samples.subarray(t * 160, t * 160 + 400)]
    const mean = frame.reduce((a, b) => a + b) / 400
    const centred = frame.map((x) => x - mean)
    const windowed = centred.map((x, i) =>
      (x - 0.97 * centred[Math.max(0, i - 1)]!) * (0.5 - 0.5 * Math.cos(2 * Math.PI * i / 399)) ** 0.85)
    const power = powerSpectrum(windowed, 512)
    const low = hertzToMel(20, 'htk')
    const step = (hertzToMel(8000, 'htk') - low) / 81
    for (let b = 0; b < 80; b++) {
      const energy = power.reduce((sum, p, k) => {
        const place = (hertzToMel(k * 31.25, 'htk') - low) / step - b
        return sum + p * Math.max(0, Math.min(place, 2 - place))
      }, 0)
      expect(data[t * 80 + b]).toBeCloseTo(Math.log(Math.max(energy, 2 ** -23)), 5)
    }
  })

  it('equals the definition written out for Whisper', () => {
    const samples = sweep(900, 16000)
    const { frames, data } = computeFeatures(samples, { convention: 'whisper' })
    expect(frames).toBe(5)
    const bank = melFilterBank({
      sampleRate: 16000, fftSize: 400, bins: 80, lowFrequency: 0, highFrequency: 8000,
      scale: 'slaney', triangles: 'hertz', normalization: 'area',
    })
    const at = (i: number) => samples[i < 0 ? -i : i >= 900 ? 2 * 899 - i : i]!
    const logs = Array.from({ length: frames }, (_, t) => {
      const windowed = Array.from({ length: 400 }, (_, i) => at(t * 160 - 200 + i) * (0.5 - 0.5 * Math.cos(2 * Math.PI * i / 400)))
      const power = powerSpectrum(windowed, 400)
      return Array.from({ length: 80 }, (_, b) => {
        let energy = 0
        for (let i = bank.offsets[b]!; i < bank.offsets[b + 1]!; i++) {
          energy += bank.weights[i]! * power[bank.starts[b]! + i - bank.offsets[b]!]!
        }
        return Math.log10(Math.max(energy, 1e-10))
      })
    }).flat()
    const largest = Math.max(...logs)
    for (const [i, value] of logs.entries()) expect(data[i]).toBeCloseTo((Math.max(value, largest - 8) + 4) / 4, 5)
  })

  it('lays frames as Kaldi does', () => {
    const count = (samples: number, snipEdges: boolean) => computeFeatures(new Float32Array(samples), { snipEdges }).frames
    expect([399, 400, 559, 560].map((n) => count(n, true))).toEqual([0, 1, 1, 2])
    expect([0, 79, 80, 239, 240, 1600].map((n) => count(n, false))).toEqual([0, 0, 1, 1, 2, 10])
  })

  it('gives the floor for silence', () => {
    const { data } = computeFeatures(new Float32Array(400))
    expect(new Set(data)).toEqual(new Set([Math.fround(Math.log(2 ** -23))]))
  })

  it('carries nothing from one signal to the next', () => {
    const extractor = new FeatureExtractor({ sampleRate: 8000, bins: 40, snipEdges: false })
    const first = extractor.compute(sweep(500, 8000))
    extractor.compute(sweep(3000, 16000))
    expect(extractor.compute(sweep(500, 8000))).toEqual(first)
  })

  it('shifts by twice the log of the sample scale', () => {
    const samples = sweep(2000, 16000)
    const one = computeFeatures(samples).data
    const kaldi = computeFeatures(samples, { sampleScale: 32768 }).data
    for (const [i, value] of one.entries()) expect(kaldi[i]! - value).toBeCloseTo(2 * Math.log(32768), 4)
  })

  it('says how many mel filters fit', () => {
    const withBins = (bins: number) => () => new FeatureExtractor({ sampleRate: 8000, bins })
    expect(withBins(128)).toThrow(/128 mel filters are too many for a 256-point FFT at 8000 Hz .*; use (\d+) or fewer bins/)
    const most = Number(/use (\d+)/.exec(String(catchError(withBins(128))))![1])
    for (let bins = 1; bins <= most; bins++) expect(withBins(bins)).not.toThrow()
    expect(withBins(most + 1)).toThrow(/too many/)
  })
})

describe('librosa', () => {
  // torch.stft(x, 512, 160, 400, hann_window(400), …) of PyTorch 1.13 in float64, then power_to_db's formula: values at
  // (bin, frame) of PLACES, and the sum over all.
  const PLACES = [[0, 0], [5, 3], [40, 10], [100, 20], [200, 30], [256, 31]] as const
  const base = { convention: 'librosa', kind: 'spectrogram', sampleRate: 16000, fftSize: 512, hopLength: 160, windowLength: 400 } as const
  it.each([
    ['centred, zeros beyond, top_db', {}, [11.78782, -8.30916, -28.4786, -36.93321, -20.08322, -15.29015], -180122.38769470545, 32],
    ['centred, reflected, no top_db', { padding: 'reflect', topDb: null } as const,
      [17.80842, -8.30916, -28.4786, -36.93321, -20.08322, -21.64884], -181249.99202292424, 32],
  ])('%s equals torch.stft in decibels', (_, options, wanted, total, frames) => {
    const features = computeFeatures(sweep(5000, 16000), { ...base, ...options })
    expect([features.frames, features.bins]).toEqual([frames, 257])
    for (const [i, [bin, frame]] of PLACES.entries()) expect(features.data[frame * 257 + bin]).toBeCloseTo(wanted[i]!, 4)
    expect(Math.abs(features.data.reduce((sum, value) => sum + value, 0) - total)).toBeLessThan(0.05)
  })

  it('not centred, magnitude', () => {
    const { frames, data } = computeFeatures(sweep(5000, 16000), { ...base, center: false, power: 1, topDb: null })
    expect(frames).toBe(29)
    for (const [bin, frame, wanted] of [[0, 0, -27.72089], [5, 3, -17.67094], [40, 10, -20.12768], [100, 20, -21.76281], [200, 25, -50.16751], [256, 28, -34.3139]] as const) {
      expect(data[frame * 257 + bin]).toBeCloseTo(wanted, 4)
    }
  })

  it('mel values are the filters over the spectrogram, cepstra the orthonormal cosine transform of them', () => {
    const samples = sweep(5000, 16000)
    const { fftSize, hopLength, sampleRate, windowLength } = base
    const mel = { convention: 'librosa', fftSize, hopLength, sampleRate, windowLength, bins: 32 } as const
    const spectrogram = computeFeatures(samples, { ...base, topDb: null })
    const bank = melFilterBank({
      sampleRate: 16000, fftSize: 512, bins: 32, lowFrequency: 0, highFrequency: 8000,
      scale: 'slaney', triangles: 'hertz', normalization: 'area',
    })
    const decibels = Array.from({ length: spectrogram.frames }, (_, t) => Array.from({ length: 32 }, (_, b) => {
      let energy = 0
      for (let i = bank.offsets[b]!; i < bank.offsets[b + 1]!; i++) {
        energy += bank.weights[i]! * 10 ** (spectrogram.data[t * 257 + bank.starts[b]! + i - bank.offsets[b]!]! / 10)
      }
      return 10 * Math.log10(energy)
    }))
    const top = Math.max(...decibels.flat())
    const cut = decibels.map((row) => row.map((value) => Math.max(value, top - 40)))
    const got = computeFeatures(samples, { ...mel, topDb: 40 })
    for (const [i, value] of cut.flat().entries()) expect(got.data[i]).toBeCloseTo(value, 3)
    const cepstra = computeFeatures(samples, { ...mel, kind: 'mfcc', cepstra: 5, topDb: 40 })
    for (const [t, row] of cut.entries()) {
      for (let k = 0; k < 5; k++) {
        const wanted = row.reduce((sum, value, j) => sum + value * Math.cos(Math.PI * k * (j + 0.5) / 32), 0) * Math.sqrt((k === 0 ? 1 : 2) / 32)
        expect(cepstra.data[t * 5 + k]).toBeCloseTo(wanted, 2)
      }
    }
  })
})

describe('dither', () => {
  it('adds noise of the deviation asked for, the same every time, another for another seed', () => {
    const noise = (ditherSeed: number) => computeFeatures(new Float32Array(16000 * 20), {
      kind: 'spectrogram', dither: 0.5, ditherSeed, preEmphasis: 0, removeDc: false,
    })
    const first = noise(1)
    expect(noise(1).data).toEqual(first.data)
    expect(noise(2).data).not.toEqual(first.data)
    // The first value of a spectrogram is the log energy of a frame's 400 samples.
    const power = Array.from({ length: first.frames }, (_, t) => Math.exp(first.data[t * 257]!) / 400)
    const mean = power.reduce((a, b) => a + b) / power.length
    expect(Math.abs(mean - 0.25)).toBeLessThan(0.002)
    // The variance of a mean of 400 squared normal values: 2 σ⁴ / 400.
    const variance = power.reduce((sum, value) => sum + (value - mean) ** 2, 0) / power.length
    expect(Math.abs(variance / (2 * 0.0625 / 400) - 1)).toBeLessThan(0.1)
  })
})

describe('odd signals', () => {
  const all: FeatureOptions[] = [
    {}, { snipEdges: false }, { kind: 'mfcc', deltas: 2, snipEdges: false }, { kind: 'spectrogram' },
    { convention: 'htk', usePower: true }, { convention: 'htk', kind: 'mfcc', last: 'energy', deltas: 1 },
    { convention: 'whisper' }, { convention: 'librosa' }, { convention: 'librosa', padding: 'reflect', kind: 'mfcc' },
    { convention: 'librosa', kind: 'spectrogram', topDb: null },
  ]
  const signals: [string, Float32Array][] = [
    ['nothing', new Float32Array(0)],
    ['one sample', Float32Array.from([0.5])],
    ['two samples', Float32Array.from([0.5, -0.5])],
    ['silence', new Float32Array(3000)],
    ['a constant', new Float32Array(3000).fill(0.7)],
    ['clipped', sweep(3000, 16000).map((value) => Math.max(-1, Math.min(1, 100 * value)))],
  ]
  it.each(all)('%j stay finite', (options) => {
    for (const [name, samples] of signals) {
      const { data, bins, frames } = computeFeatures(samples, options)
      expect(data.length, name).toBe(frames * bins)
      expect(data.every(Number.isFinite), name).toBe(true)
    }
  })

  it("a constant offset changes Kaldi's features by rounding only, as DC removal is for", () => {
    const samples = sweep(3000, 16000)
    const plain = computeFeatures(samples, { bins: 40 }).data
    const offset = computeFeatures(samples.map((value) => value + 0.25), { bins: 40 }).data
    for (const [i, value] of plain.entries()) expect(Math.abs(offset[i]! - value)).toBeLessThan(1e-3)
  })
})

function catchError(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}
