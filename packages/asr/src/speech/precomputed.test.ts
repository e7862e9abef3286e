import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseTrainingConfig } from '../config.js'
import { precomputedSchema, readPrecomputed, stretched } from './precomputed.js'
import { speechFeaturesHash, speechWidth } from './speech-features.js'
import { SpeechReader } from './speech-reader.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'precomputed-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A file as CMU Sphinx writes it. */
function sphinx(values: readonly number[], { count = values.length, little = false } = {}): string {
  const bytes = Buffer.alloc(4 + 4 * values.length)
  if (little) bytes.writeInt32LE(count)
  else bytes.writeInt32BE(count)
  for (const [i, value] of values.entries()) bytes[little ? 'writeFloatLE' : 'writeFloatBE'](value, 4 + 4 * i)
  const file = join(folder, 'x.mfc')
  writeFileSync(file, bytes)
  return file
}

const config = (changes: object = {}) => precomputedSchema.parse({ kind: 'precomputed', values: 2, meanNormalization: false, ...changes })

describe('readPrecomputed', () => {
  it('reads either byte order', () => {
    const values = [1, -2, 3.5, 4, 5, 6]
    for (const little of [false, true]) {
      expect(readPrecomputed(sphinx(values, { little }), config())).toEqual({ frames: 3, bins: 2, data: Float32Array.from(values) })
    }
  })

  it("takes each recording's means away", () => {
    const { data } = readPrecomputed(sphinx([1, 10, 3, 20]), config({ meanNormalization: true }))
    expect([...data]).toEqual([-1, -5, 1, 5])
  })

  it('gives back the log-mel spectrum whose cepstra these are', () => {
    // Sphinx's legacy transform of all coefficients, (1/n) Σ m_j cos(π i (j + ½) / n).
    const spectrum = [3, 1, 4, 1, 5, 9, 2, 6]
    const n = spectrum.length
    const cepstra = spectrum.map((_, i) => spectrum.reduce((sum, m, j) => sum + m * Math.cos((Math.PI * i * (j + 0.5)) / n), 0) / n)
    const { data, bins } = readPrecomputed(sphinx(cepstra), config({ values: n, spectrumBins: n }))
    expect(bins).toBe(n)
    for (const [b, wanted] of spectrum.entries()) expect(Math.abs((data[b] as number) - wanted)).toBeLessThan(1e-5)
  })

  it.each([
    ['another number of values', () => sphinx([1, 2, 3]), '3 values are no whole number of frames of 2'],
    ['a wrong count', () => sphinx([1, 2], { count: 7 }), 'its first number should be how many follow, in 12 bytes'],
    ['what is not finite', () => sphinx([1, NaN]), 'some of its values are not finite'],
    ['a missing file', () => join(folder, 'none.mfc'), 'none.mfc: cannot be read (ENOENT)'],
  ])('refuses %s', (_, make, message) => {
    expect(() => readPrecomputed(make(), config())).toThrow(message)
  })
})

it('stretches by interpolation', () => {
  const features = { frames: 4, bins: 1, data: Float32Array.from([0, 2, 4, 6]) }
  expect([...stretched(features, 0.5).data]).toEqual([0, 1, 2, 3, 4, 5, 6, 6])
  expect([...stretched(features, 2).data]).toEqual([0, 4])
})

it('is a kind of feature of training configs, hashed with all its settings', () => {
  const { features } = parseTrainingConfig({ features: { kind: 'precomputed', values: 13, spectrumBins: 26 } }, 'test')
  expect(features).toEqual({ kind: 'precomputed', values: 13, spectrumBins: 26, frameShift: 10, meanNormalization: true })
  expect(speechWidth(features)).toBe(26)
  expect(speechFeaturesHash(features)).toBe(speechFeaturesHash({ ...features }))
  expect(speechFeaturesHash(features)).not.toBe(speechFeaturesHash({ ...features, meanNormalization: false } as typeof features))
  expect(() => parseTrainingConfig({ features: { kind: 'precomputed' } }, 'test')).toThrow('values')
})

it('hears files of features, and no samples', () => {
  const reader = new SpeechReader(config())
  const recording = reader.open(sphinx([1, 2, 3, 4]))
  expect([recording.whole().frames, recording.duration]).toEqual([2, 0.02])
  expect(() => reader.open(new Float32Array(8))).toThrow('This model hears precomputed features alone')
  expect(() => reader.stream()).toThrow('This model hears precomputed features alone')
})
