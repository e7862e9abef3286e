import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readWav, toMono } from '@parlance/audio'
import { describe, expect, it } from 'vitest'
import { isAtHand } from '../prepare.js'
import { Random } from '../random.js'
import { type DigitClip, digitClips } from './clips.js'
import { writeDigitStrings } from './files.js'
import { DIGIT_WORDS } from './recipe.js'
import { DIGIT_RATE, generateDigitStrings, scaledTo } from './strings.js'
import { generateVariedStrings } from './varied.js'

const FADE = 40

/** Tones over a little noise, and 50 ms of the noise at the end; a hertz for each digit. */
const clips: DigitClip[] = ['ann', 'bob'].flatMap((speaker, s) => DIGIT_WORDS.map((word, digit) => {
  const random = new Random(100 * s + digit)
  const samples = Float32Array.from({ length: 2400 + 80 * digit }, (_, n) => {
    const tone = n < 2000 ? 0.3 * Math.sin((2 * Math.PI * (300 + 100 * digit) * n) / DIGIT_RATE) : 0
    return tone + random.uniform(-0.01, 0.01)
  })
  return { speaker, word, samples }
}))

const rms = (samples: Float32Array): number => Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length)

describe('generateDigitStrings', () => {
  const strings = generateDigitStrings(clips, { seed: 1, strings: 60 })

  it('plants the clips of one speaker at the times that it gives', () => {
    for (const { speaker, samples, words } of strings) {
      for (const { word, start, end } of words) {
        const { samples: clip } = clips.find((one) => one.speaker === speaker && one.word === word) as DigitClip
        const from = Math.round(start * DIGIT_RATE)
        expect(Math.round(end * DIGIT_RATE) - from).toBe(clip.length)
        // Between the fades the clip is there bit by bit.
        expect(clip.subarray(FADE, clip.length - FADE).every((value, n) => samples[from + FADE + n] === value)).toBe(true)
      }
    }
  })

  it('has 3 to 10 digits, every one of them, apart by 0 to 0.6 s, within margins of 0.1 to 0.5 s', () => {
    const counts = new Set(strings.map(({ words }) => words.length))
    expect([...counts].sort((a, b) => a - b)).toEqual([3, 4, 5, 6, 7, 8, 9, 10])
    expect(new Set(strings.flatMap(({ words }) => words.map(({ word }) => word))).size).toBe(10)
    const pauses = strings.flatMap(({ words }) => words.slice(1).map(({ start }, i) => start - words[i]!.end))
    expect(Math.min(...pauses)).toBeGreaterThan(-1e-9)
    expect(Math.min(...pauses)).toBeLessThan(0.05)
    expect(Math.max(...pauses)).toBeGreaterThan(0.5)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(0.6001)
    for (const { words, samples, text } of strings) {
      expect(words[0]!.start).toBeGreaterThan(0.0999)
      expect(samples.length / DIGIT_RATE - words.at(-1)!.end).toBeLessThan(0.5001)
      expect(words.map(({ word }) => word).join(' ')).toBe(text)
    }
  })

  it('says what it is told to', () => {
    const told = generateDigitStrings(clips, { seed: 1, strings: 3, sequence: () => ['two', 'nine', 'two'] })
    expect(told.map(({ text }) => text)).toEqual(['two nine two', 'two nine two', 'two nine two'])
  })

  it('fills pauses with noise of the level of the quietest 40 ms, or with digital silence', () => {
    const gap = (background: 'floor' | 'silence') => {
      const [{ samples, words }] = generateDigitStrings(clips, { seed: 3, strings: 1, digits: [2, 2], pause: [2, 2], background }) as [typeof strings[0]]
      return samples.slice(Math.round(words[0]!.end * DIGIT_RATE), Math.round(words[1]!.start * DIGIT_RATE))
    }
    const level = 0.01 / Math.sqrt(3)
    expect(rms(gap('floor'))).toBeGreaterThan(0.7 * level)
    expect(rms(gap('floor'))).toBeLessThan(1.3 * level)
    expect(rms(gap('silence'))).toBe(0)
  })

  it('depends on the seed alone', () => {
    expect(generateDigitStrings(clips, { seed: 1, strings: 2 })).toEqual(strings.slice(0, 2))
    expect(generateDigitStrings(clips, { seed: 2, strings: 1 })[0]!.text).not.toBe(strings[0]!.text)
    expect(generateVariedStrings(clips, { seed: 1, strings: 3 })).toEqual(generateVariedStrings(clips, { seed: 1, strings: 4 }).slice(0, 3))
  })

  it('refuses to make strings of nothing', () => {
    expect(() => generateDigitStrings([], { seed: 1, strings: 1 })).toThrow('there are no clips')
  })
})

describe('generateVariedStrings', () => {
  const strings = generateVariedStrings(clips, { seed: 5, strings: 80 })

  it('keeps words inside the sound, in order, and never clips', () => {
    for (const { samples, words } of strings) {
      let end = 0
      for (const word of words) {
        expect(word.start).toBeGreaterThanOrEqual(end - 1e-9)
        expect(word.end).toBeGreaterThan(word.start + 0.1)
        end = word.end
      }
      expect(end).toBeLessThanOrEqual(samples.length / DIGIT_RATE + 1e-9)
      expect(samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeLessThan(1)
    }
  })

  it('has strings without a word, single digits and five of them', () => {
    const counts = new Set(strings.map(({ words }) => words.length))
    for (const count of [0, 1, 5]) expect(counts.has(count)).toBe(true)
  })
})

describe('scaledTo', () => {
  it('sets the loudest sample and leaves silence alone', () => {
    expect([...scaledTo(0.5, Float32Array.of(0.1, -0.25, 0))].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([0.2, -0.5, 0])
    expect(scaledTo(0.5, new Float32Array(3))).toEqual(new Float32Array(3))
  })
})

describe('writeDigitStrings', () => {
  it('writes sounds, transcripts, speakers and times', () => {
    const folder = mkdtempSync(join(tmpdir(), 'digits-'))
    const strings = generateDigitStrings(clips, { seed: 1, strings: 2 })
    const lines = readFileSync(writeDigitStrings(folder, 'valid', strings), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line))
    for (const [i, { samples, ...wanted }] of strings.entries()) {
      const { audio, duration, ...rest } = lines[i]
      expect(rest).toEqual(wanted)
      const heard = toMono(readWav(join(folder, audio)))
      expect(heard.length).toBe(duration * DIGIT_RATE)
      // 16 bits.
      expect(heard.reduce((most, value, n) => Math.max(most, Math.abs(value - samples[n]!)), 0)).toBeLessThan(1 / 32000)
    }
    rmSync(folder, { recursive: true })
  })
})

describe.runIf(isAtHand('speech-fsdd'))('the recipe speech-fsdd', () => {
  it('has as many clips of each digit and speaker in a part', async () => {
    for (const [part, each] of [['train', 42], ['valid', 3], ['test', 3]] as const) {
      const some = await digitClips(part)
      const counts = new Map<string, number>()
      for (const { speaker, word } of some) counts.set(`${speaker} ${word}`, (counts.get(`${speaker} ${word}`) ?? 0) + 1)
      expect(counts.size).toBe(50)
      expect(new Set(counts.values())).toEqual(new Set([each]))
    }
  })
})
