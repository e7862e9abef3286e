import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { computeFeatures, encodeWav, readWav } from '@parlance/audio'
import { describe, expect, it } from 'vitest'
import { writeToneWordManifest } from './tone-word-files.js'
import { generateToneWords, TONE_WORDS } from './tone-words.js'

describe('generateToneWords', () => {
  const utterances = generateToneWords({ seed: 1, utterances: 200 })

  it('is the same sound for a seed on every platform', () => {
    const hash = createHash('sha256')
    for (const { samples, sampleRate, text } of generateToneWords({ seed: 42, utterances: 5 })) {
      hash.update(text).update(encodeWav({ sampleRate, channels: [samples] }))
    }
    expect(hash.digest('hex')).toBe('406a2e9b17280e8c68e6c6a1da8d2ef8134bfb659081cf035adaf75fb1034d94')
  })

  it('has 2 to 6 words in order, apart from each other and inside the signal', () => {
    expect(utterances.length).toBe(200)
    expect(new Set(utterances.flatMap(({ words }) => words.map(({ word }) => word)))).toEqual(new Set(TONE_WORDS))
    for (const { samples, sampleRate, text, words } of utterances) {
      expect(words.map(({ word }) => word).join(' ')).toBe(text)
      expect(words.length).toBeGreaterThanOrEqual(2)
      expect(words.length).toBeLessThanOrEqual(6)
      let end = 0
      for (const word of words) {
        expect(word.start - end).toBeGreaterThan(0.05)
        expect(word.end - word.start).toBeGreaterThan(0.15)
        end = word.end
      }
      expect(samples.length / sampleRate - end).toBeGreaterThan(0.05)
    }
  })

  it('is loud in words, quiet between them, and never clips', () => {
    for (const { samples, sampleRate, words } of utterances) {
      const level = (start: number, end: number) => {
        const part = samples.subarray(Math.round(start * sampleRate), Math.round(end * sampleRate))
        return Math.sqrt(part.reduce((sum, value) => sum + value * value, 0) / part.length)
      }
      const quiet = level(0, words[0]!.start)
      for (const { start, end } of words) expect(level(start, end)).toBeGreaterThan(4 * quiet)
      for (const value of samples) expect(Math.abs(value)).toBeLessThan(1)
    }
  })

  it('has words that the mean log-mel features of their thirds tell apart', () => {
    const profiles = utterances.flatMap(({ samples, sampleRate, words }) => words.map(({ word, start, end }) => {
      const part = samples.subarray(Math.round(start * sampleRate), Math.round(end * sampleRate))
      const { frames, bins, data } = computeFeatures(part, { sampleRate, bins: 24 })
      const profile = new Float64Array(3 * bins)
      for (let t = 0; t < frames; t++) {
        const third = Math.floor(3 * t / frames)
        for (let b = 0; b < bins; b++) profile[third * bins + b]! += 3 * data[t * bins + b]! / frames
      }
      return { word, profile }
    }))
    // The first half gives each word's mean, the second half is classified by the nearest.
    const half = profiles.length >> 1
    const centres = TONE_WORDS.map((word) => {
      const own = profiles.slice(0, half).filter((profile) => profile.word === word)
      return own[0]!.profile.map((_, i) => own.reduce((sum, { profile }) => sum + profile[i]! / own.length, 0))
    })
    const distance = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0)
    const right = profiles.slice(half).filter(({ word, profile }) => {
      const distances = centres.map((centre) => distance(centre, profile))
      return TONE_WORDS[distances.indexOf(Math.min(...distances))] === word
    })
    expect(right.length / (profiles.length - half)).toBeGreaterThan(0.85)
  })

  it('rejects a low rate and a number of utterances that is none', () => {
    expect(() => generateToneWords({ seed: 1, utterances: 1, sampleRate: 4000 })).toThrow(/at least 8000 Hz, got 4000/)
    expect(() => generateToneWords({ seed: 1, utterances: 0.5 })).toThrow(/utterances must be 0 or more, got 0\.5/)
  })
})

describe('writeToneWordManifest', () => {
  it('writes WAV files and a manifest that names them', () => {
    const folder = mkdtempSync(join(tmpdir(), 'parlance-tones-'))
    try {
      const path = writeToneWordManifest(folder, 'train', { seed: 3, utterances: 4, sampleRate: 16000 })
      const wanted = generateToneWords({ seed: 3, utterances: 4, sampleRate: 16000 })
      const entries = readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as { audio: string; text: string; duration: number })
      expect(entries.map(({ text }) => text)).toEqual(wanted.map(({ text }) => text))
      for (const [i, { audio, duration }] of entries.entries()) {
        const wav = readWav(join(folder, audio))
        expect([wav.sampleRate, wav.samples]).toEqual([16000, wanted[i]!.samples.length])
        expect(duration).toBe(wav.samples / 16000)
        expect(Math.abs(wav.channels[0]![1000]! - wanted[i]!.samples[1000]!)).toBeLessThan(2 ** -15)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
