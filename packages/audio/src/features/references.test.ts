import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readWav, toMono } from '../wav/read.js'
import type { FeatureOptions } from './config.js'
import { computeFeatures } from './extractor.js'

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

  const FBANK = { bins: 23, usePower: true, preEmphasis: 0, convention: 'htk' } as const
  const kaldi: [file: string, options: FeatureOptions][] = [
    ['fbank-23-default.json', { bins: 23 }],
    ['fbank-40.json', { bins: 40 }],
    ['fbank-40-no-snip-edges.json', { bins: 40, snipEdges: false }],
  ]

  it.each(kaldi)("Kaldi's %s", (file, options) => {
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

  it("Kaldi's spectrogram-257.json", () => {
    const { reference, differences } = load('features-kaldi', 'spectrogram-257.json', { kind: 'spectrogram' })
    // Single bins go 25 nats below the frame's largest, where the reference's float32 keeps no digit.
    const clear = differences.flatMap((row, t) => row.filter((_, b) => reference.features[t]![b]! > Math.max(...reference.features[t]!) - 16))
    expect(clear.length).toBeGreaterThan(3000)
    expect(Math.max(...clear)).toBeLessThan(0.05)
    const median = differences.flat().sort((a, b) => a - b)[differences.flat().length >> 1]!
    expect(median).toBeLessThan(1e-3)
  })

  it("Kaldi's mfcc-13-default.json", () => {
    const { differences } = load('features-kaldi', 'mfcc-13-default.json', { kind: 'mfcc' })
    // The first coefficient is the energy. The lifter multiplies the rounding of the reference's float32 spectrum
    // (up to 0.02 in the log-mel values above) by up to 12.
    expect(Math.max(...differences.map((row) => row[0]!))).toBeLessThan(2e-5)
    const sorted = differences.flat().sort((a, b) => a - b)
    expect(sorted[Math.floor(0.99 * sorted.length)]).toBeLessThan(0.05)
    expect(sorted.at(-1)).toBeLessThan(0.08)
  })

  it.each([['fbank1.json', 0], ['fbank2.json', 25]])("HTK's %s", (file, lowFrequency) => {
    const { differences } = load('features-htk', file, { ...FBANK, lowFrequency })
    // The tolerance of Kaldi's own comparison with these files.
    expect(Math.max(...differences.flat())).toBeLessThan(1e-3)
  })

  it.each([
    ['mfcc1.json', { last: 'zeroth', lowFrequency: 0 }],
    ['mfcc2.json', { last: 'energy', lowFrequency: 0 }],
    ['mfcc3.json', { last: 'energy', lowFrequency: 20 }],
  ] as const)("HTK's %s with both differences, ends included", (file, options) => {
    const { differences } = load('features-htk', file, { ...FBANK, kind: 'mfcc', deltas: 2, ...options })
    // Coefficients reach 130 and are printed with 7 digits.
    expect(Math.max(...differences.flat())).toBeLessThan(1e-3)
  })
})
