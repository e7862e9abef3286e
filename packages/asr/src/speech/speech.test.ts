import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeWav, resample, seededRandom, writeWav } from '@parlance/audio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSpeech, readSpeech } from './speech.js'

let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'speech-')) })
afterAll(() => rmSync(folder, { recursive: true }))

const random = seededRandom(1)
const noise = (count: number) => Float32Array.from({ length: count }, () => Math.fround(random.next() - 0.5))

const same = (a: Float32Array, b: Float32Array) => Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength))

describe('openSpeech', () => {
  it('gives in portions, of a file, its bytes or samples, what the whole is', () => {
    const [left, right] = [noise(90_000), noise(90_000)]
    const content = { sampleRate: 11_025, channels: [left, right] }
    const file = join(folder, 'stereo.wav')
    writeWav(file, content, { encoding: 'float32' })
    const wanted = resample(left.map((value, i) => (value + (right[i] as number)) / 2), 11_025, 16_000)
    for (const input of [file, encodeWav(content, { encoding: 'float32' })]) {
      const whole = readSpeech(input, 16_000)
      expect([same(whole.samples, wanted), whole.duration]).toEqual([true, 90_000 / 11_025])
      for (const seconds of [0.1, 3]) {
        const source = openSpeech(input, 16_000)
        const portions = [...source.portions(seconds)]
        source.close()
        expect(Math.max(...portions.map(({ length }) => length))).toBeLessThanOrEqual(16_000 * seconds + 200)
        expect(same(Float32Array.from(portions.flatMap((portion) => [...portion])), wanted)).toBe(true)
      }
    }
    expect(same(readSpeech(left, 16_000).samples, left)).toBe(true)
  })

  it('makes no more of a portion than it should, whatever rate the header claims', () => {
    const source = openSpeech(encodeWav({ sampleRate: 16, channels: [noise(300)] }), 16_000)
    const lengths = [...source.portions()].map(({ length }) => length)
    source.close()
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(300_000)
    expect(Math.max(...lengths)).toBeLessThan(150_000)
  })

  it.each([0, 1])('reads %i samples', (count) => {
    expect(readSpeech(encodeWav({ sampleRate: 8000, channels: [noise(count)] }), 16_000).samples.length).toBe(2 * count)
  })

  it('names what cannot be read', () => {
    expect(() => openSpeech(join(folder, 'none.wav'), 8000)).toThrow(/none\.wav: no such file/)
    expect(() => openSpeech(new Uint8Array(5), 8000)).toThrow(/^standard input: not a WAV file/)
    expect(() => openSpeech(encodeWav({ sampleRate: 7, channels: [noise(1)] }), 8000)).toThrow(/^standard input: cannot convert 7 Hz to 8000 Hz/)
  })
})
