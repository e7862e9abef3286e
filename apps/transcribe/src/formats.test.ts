import type { Transcript } from '@parlance/asr'
import { describe, expect, it } from 'vitest'
import { expectOne, formatted } from './formats.js'

const word = (text: string, start: number, end: number, confidence = 0.5) => ({ word: text, start, end, confidence })
const one: Transcript = {
  text: 'A & B C',
  words: [word('A', 0.5, 0.75), word('&', 1, 1.5, 1), word('B', 1.5, 2), word('C', 3723.004, 3723.5)],
  duration: 3724,
}

const named = (transcript: Transcript, name = 'a.wav') => ({ name, transcript })

describe('formatted', () => {
  it('writes SubRip, a caption for what no pause parts', () => {
    expect(formatted([named(one)], 'srt', false)).toBe('1\n00:00:00,500 --> 00:00:02,000\nA & B\n\n2\n01:02:03,004 --> 01:02:03,500\nC\n')
    expect(formatted([named({ text: '', words: [], duration: 1 })], 'srt', false)).toBe('')
  })

  it('writes WebVTT', () => {
    expect(formatted([named(one)], 'vtt', false)).toBe(
      'WEBVTT\n\n00:00:00.500 --> 00:00:02.000\nA &amp; B\n\n01:02:03.004 --> 01:02:03.500\nC\n',
    )
  })

  it('cuts captions that become long', () => {
    const words = Array.from({ length: 40 }, (_, i) => word('LONGWORD', i / 2, i / 2 + 0.4))
    const captions = formatted([named({ text: '', words, duration: 20 })], 'srt', false).split('\n\n').map((caption) => caption.split('\n')[2] as string)
    expect(Math.max(...captions.map(({ length }) => length))).toBeLessThanOrEqual(80)
    expect(captions.join(' ').split(' ').length).toBe(40)
  })

  it('writes CTM', () => {
    expect(formatted([named(one, 'dir/a b.wav'), named({ text: 'D', words: [word('D', 0, 0.04)], duration: 1 }, 'c.wav')], 'ctm', true).split('\n')).toEqual([
      'a_b 1 0.500 0.250 A 0.500', 'a_b 1 1.000 0.500 & 1.000', 'a_b 1 1.500 0.500 B 0.500', 'a_b 1 3723.004 0.496 C 0.500', 'c 1 0.000 0.040 D 0.500', '',
    ])
  })

  it('writes text, with names where there are several', () => {
    expect(formatted([named(one)], 'text', false)).toBe('A & B C\n')
    expect(formatted([named(one)], 'text', true)).toBe('a.wav\tA & B C\n')
  })

  it('writes JSON, one array', () => {
    const unsure = { ...one, words: [word('A', 0, 1, 0.123456)] }
    expect(JSON.parse(formatted([named(one), named(unsure, 'b.wav')], 'json', true))).toEqual([
      { file: 'a.wav', ...one }, { file: 'b.wav', ...unsure, words: [word('A', 0, 1, 0.1235)] },
    ])
    expect(formatted([], 'json', true)).toBe('[]\n')
  })

  it('refuses captions of several recordings, and times that there are not', () => {
    expect(() => expectOne(['a.wav', 'b.wav'], 'srt')).toThrow('--format srt holds one recording, got 2: give one file at a time.')
    const timeless = { text: 'A', words: [{ word: 'A', confidence: 1 }], duration: 1 }
    expect(() => formatted([named(timeless)], 'ctm', false)).toThrow('--format ctm needs the times of words')
  })
})
