import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { hertzToMel, melFilterBank, melToHertz, type MelFilterBank } from './mel.js'

function dense(bank: MelFilterBank, columns: number): number[][] {
  return [...bank.starts].map((start, b) => {
    const row = new Array<number>(columns).fill(0)
    for (let i = bank.offsets[b]!; i < bank.offsets[b + 1]!; i++) row[start + i - bank.offsets[b]!] = bank.weights[i]!
    return row
  })
}

describe('mel scales', () => {
  it.each(['htk', 'slaney'] as const)('%s: there and back', (scale) => {
    for (const hertz of [0, 20, 440, 999, 1000, 1001, 4000, 8000]) {
      expect(melToHertz(hertzToMel(hertz, scale), scale)).toBeCloseTo(hertz, 8)
    }
  })

  it('puts 1000 Hz at 1000 mel (HTK) and at 15 (Slaney)', () => {
    expect(hertzToMel(1000, 'htk')).toBeCloseTo(999.99, 1)
    expect(hertzToMel(1000, 'slaney')).toBeCloseTo(15, 10)
  })
})

describe('melFilterBank', () => {
  it('sums to one between the first and the last centre when flanks are straight in mel', () => {
    const bank = melFilterBank({
      sampleRate: 16000, fftSize: 512, bins: 40, lowFrequency: 20, highFrequency: 8000,
      scale: 'htk', triangles: 'mel', normalization: 'none',
    })
    const rows = dense(bank, 257)
    const centre = (b: number) => melToHertz(hertzToMel(20, 'htk') + (b + 1) * (hertzToMel(8000, 'htk') - hertzToMel(20, 'htk')) / 41, 'htk')
    for (let k = Math.ceil(centre(0) / 31.25); k < centre(39) / 31.25; k++) {
      expect(rows.reduce((sum, row) => sum + row[k]!, 0)).toBeCloseTo(1, 12)
    }
  })
})

interface SparseRow { start: number; values: number[] }
interface Reference { sr: number; n_fft: number; n_mels: number; fmin: number; fmax: number; htk: boolean; sparse_rows: SparseRow[] }
interface Conversion { f: number | number[]; htk: number; result: number | number[] }

const root = process.env['PARLANCE_CORPORA']

describe.skipIf(!root)('reference filter banks (PARLANCE_CORPORA)', () => {
  const file = (name: string) => readFileSync(join(root ?? '', 'features-mel-filters', name))
  const expectRows = (bank: MelFilterBank, rows: SparseRow[], columns: number, tolerance: number) => {
    const ours = dense(bank, columns)
    const largest = Math.max(...ours.flat())
    let worst = 0
    for (const [b, { start, values }] of rows.entries()) {
      for (let k = 0; k < columns; k++) worst = Math.max(worst, Math.abs(ours[b]![k]! - (values[k - start] ?? 0)))
    }
    expect(rows.length).toBe(ours.length)
    expect(worst).toBeLessThan(tolerance * largest)
  }

  it('converts as the reference does', () => {
    const cases = JSON.parse(file('hz_mel.json').toString()) as { hz_to_mel: Conversion[]; mel_to_hz: Conversion[] }
    for (const [list, convert] of [[cases.hz_to_mel, hertzToMel], [cases.mel_to_hz, melToHertz]] as const) {
      for (const { f, htk, result } of list) {
        const wanted = [result].flat()
        for (const [i, value] of [f].flat().entries()) {
          const got = convert(value, htk ? 'htk' : 'slaney')
          // The reference computes HTK mel as 2595 log10, which differs from 1127 ln by 1e-5.
          expect(Math.abs(got / wanted[i]! - 1)).toBeLessThan(htk ? 2e-5 : 1e-12)
        }
      }
    }
  })

  it("equals Whisper's 80 filters", () => {
    const reference = JSON.parse(file('whisper_mel_80.json').toString()) as { sparse_rows: SparseRow[] }
    const bank = melFilterBank({
      sampleRate: 16000, fftSize: 400, bins: 80, lowFrequency: 0, highFrequency: 8000,
      scale: 'slaney', triangles: 'hertz', normalization: 'area',
    })
    // The reference is float32.
    expectRows(bank, reference.sparse_rows, 201, 1e-7)
  })

  const matlab = root ? JSON.parse(gunzipSync(file('matlab_melfb_unnormalised.json.gz')).toString()) as Reference[] : []
  it.each(matlab.map((reference, i) => ({ i, ...reference })))(
    'equals MATLAB bank $i: $n_mels filters, $fmin-$fmax Hz, FFT $n_fft, HTK $htk',
    (reference) => {
      const bank = melFilterBank({
        sampleRate: reference.sr, fftSize: reference.n_fft, bins: reference.n_mels,
        lowFrequency: reference.fmin, // The reference drops the half of 5512.5.
        highFrequency: reference.fmax === Math.floor(reference.sr / 2) ? reference.sr / 2 : reference.fmax,
        scale: reference.htk ? 'htk' : 'slaney', triangles: 'hertz', normalization: 'area',
      })
      // The references carry nine digits.
      expectRows(bank, reference.sparse_rows, reference.n_fft / 2 + 1, 1e-8)
    },
  )
})
