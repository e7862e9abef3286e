import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AudioError } from '../errors.js'
import { readWav } from './read.js'

interface Expected {
  file: string
  sample_rate: number
  channels: number
  valid_bits?: number
  bits_per_sample: number
  first_samples_interleaved_hound?: number[]
  scipy: {
    error?: string
    shape: number[]
    dtype: string
    sum: number
    first_samples_interleaved: (number | string)[]
  }
}

const root = process.env['PARLANCE_CORPORA']
const folder = join(root ?? '', 'wav-robustness')

/** What one count of scipy's integer type is worth of full scale. */
const STEP: Record<string, number> = { uint8: 2 ** -7, int16: 2 ** -15, int32: 2 ** -31, int64: 2 ** -63, float32: 1 }

const REJECTED: Record<string, RegExp> = {
  'hound/crash-b8447179832529c48f9c6bf17feab6337bbc78ea.wav': /the fmt chunk promises 4278190336 bytes but the file ends after 21/,
  'hound/crash-cbd757427cea12bd8a21f86cd8cf74d98ce56bee.wav': /the fmt chunk promises 2555904 bytes but the file ends after 19/,
  'hound/crash-e5471f5b58397287b509db7d026e95f1724454f5.wav': /0 bytes per frame do not divide among 1 channels/,
  'scipy/test-44100Hz-le-1ch-4bytes-early-eof-no-data.wav': /no data chunk before the file ends after 72 bytes/,
  'scipy/test-44100Hz-le-1ch-4bytes-early-eof.wav': /truncated: the header promises 4410 samples per channel, 236 are there/,
}

describe.skipIf(!root)('odd WAV files with expected readings (PARLANCE_CORPORA)', () => {
  const entries = root ? JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected[] : []

  it('covers all files', () => {
    expect(entries.length).toBe(33)
    for (const { file, scipy } of entries) expect(REJECTED[file] !== undefined || scipy.error === undefined).toBe(true)
  })

  it.each(entries.filter(({ file }) => REJECTED[file]))('rejects $file', ({ file }) => {
    expect(() => readWav(join(folder, file))).toThrow(AudioError)
    expect(() => readWav(join(folder, file))).toThrow(REJECTED[file])
  })

  it.each(entries.filter(({ scipy }) => !scipy.error))('reads $file', (entry) => {
    const audio = readWav(join(folder, entry.file), { allowTruncated: REJECTED[entry.file] !== undefined })
    const { scipy } = entry
    expect(audio.sampleRate).toBe(entry.sample_rate)
    expect(audio.channels.length).toBe(entry.channels)
    expect(audio.samples).toBe(scipy.shape[0])
    const interleaved = Float32Array.from({ length: audio.samples * entry.channels }, (_, i) =>
      audio.channels[i % entry.channels]![Math.floor(i / entry.channels)]!)

    if (entry.first_samples_interleaved_hound) {
      const scale = scipy.dtype === 'float32' ? 1 : 2 ** (1 - (entry.valid_bits ?? entry.bits_per_sample))
      const head = interleaved.subarray(0, entry.first_samples_interleaved_hound.length)
      expect([...head]).toEqual(entry.first_samples_interleaved_hound.map((v) => Math.fround(v * scale)))
    }
    // scipy reads 24 bits at the low end of 4 bytes as unsigned; hound's values above are the right ones there.
    if (entry.file.includes('24bit-4byte')) return
    const step = STEP[scipy.dtype]!
    const zero = scipy.dtype === 'uint8' ? 128 : 0
    const wide = scipy.dtype === 'int64'
    for (const [i, value] of scipy.first_samples_interleaved.entries()) {
      const wanted = (Number(value) - zero) * step
      // Integers of more than 32 bits are cut to 32 before they become floats.
      if (wide) expect(Math.abs(interleaved[i]! - wanted)).toBeLessThanOrEqual(2 ** -24 + 2 ** -31)
      else expect(interleaved[i]).toBe(Math.fround(wanted))
    }
    let sum = 0
    for (const value of interleaved) sum += value
    const scipySum = (scipy.sum - zero * interleaved.length) * step
    expect(Math.abs(sum - scipySum)).toBeLessThanOrEqual(interleaved.length * 2 ** -25)
  })
})
