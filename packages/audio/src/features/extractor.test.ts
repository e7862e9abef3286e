import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { FeatureOptions } from './config.js'
import { computeFeatures, FeatureExtractor } from './extractor.js'
import { hertzToMel, melFilterBank } from './mel.js'
import { readWav, toMono } from '../wav/read.js'

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

function catchError(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}

interface Reference { frames: number; dim: number; features: number[][] }

const root = process.env['PARLANCE_CORPORA']

describe.skipIf(!root)('reference features (PARLANCE_CORPORA)', () => {
  const load = (folder: string, file: string, options: FeatureOptions) => {
    const at = join(root ?? '', folder)
    const reference = JSON.parse(readFileSync(join(at, file), 'utf8')) as Reference
    const ours = computeFeatures(toMono(readWav(join(at, 'test.wav'))), { sampleScale: 32768, ...options } as FeatureOptions)
    expect([ours.frames, ours.bins]).toEqual([reference.frames, reference.dim])
    const differences = reference.features.map((row, t) => row.map((value, b) => Math.abs(ours.data[t * ours.bins + b]! - value)))
    return { reference, differences }
  }

  it.each([
    ['fbank-23-default.json', { bins: 23 }],
    ['fbank-40.json', { bins: 40 }],
    ['fbank-40-no-snip-edges.json', { bins: 40, snipEdges: false }],
  ])("Kaldi's %s", (file, options) => {
    const { reference, differences } = load('features-kaldi', file, options)
    // Kaldi computes in float32: far below the frame's largest energy, its own rounding dominates.
    const worst = Math.max(...differences.flat())
    const clear = differences.flatMap((row, t) => {
      const largest = Math.max(...reference.features[t]!)
      return row.filter((_, b) => reference.features[t]![b]! > largest - 12)
    })
    expect(clear.length).toBeGreaterThan(100)
    expect(worst).toBeLessThan(0.05)
    expect(Math.max(...clear)).toBeLessThan(1e-3)
  })

  it.each([
    ['fbank1.json', 0, 0],
    // HTK leaves FFT bin 1 out of the first filter when the lower edge is not 0.
    ['fbank2.json', 25, 1],
  ])("HTK's %s", (file, lowFrequency, firstBin) => {
    const { differences } = load('features-htk', file, {
      bins: 23, window: 'hamming', preEmphasis: 0, removeDc: false, lowFrequency,
    })
    // The tolerance of Kaldi's own comparison with these files.
    expect(Math.max(...differences.flatMap((row) => row.slice(firstBin)))).toBeLessThan(1e-3)
  })
})
