import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeWav } from '@parlance/audio'
import { useDevice } from '@parlance/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noise, SAMPLE_RATE, writeModel } from '../testing/model-folder.js'
import { Transcriber } from '../transcriber.js'
import { alignManifest } from './align-manifest.js'
import { parseLexicon } from './lexicon.js'
import { phoneTranscripts } from './phone-transcripts.js'

const LEXICON = 'BED b e d\nFACE f a c e\nFACE(2) f a c\nHAG h a g\n'
let folder: string
let manifest: string
beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
  folder = mkdtempSync(join(tmpdir(), 'modular-'))
  writeModel(folder, {})
  writeFileSync(join(folder, 'words.dic'), LEXICON)
  writeWav(join(folder, 'x.wav'), { sampleRate: SAMPLE_RATE, channels: [noise(2, 1)] })
  writeWav(join(folder, 'short.wav'), { sampleRate: SAMPLE_RATE, channels: [noise(0.1, 2)] })
  manifest = join(folder, 'x.jsonl')
  writeFileSync(manifest, '{"audio":"x.wav","text":"FACE BED FACE","speaker":"s"}\n{"audio":"short.wav","text":"HAG BED"}\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

it('aligns what is long enough, its words in order and inside the recording', async () => {
  const aligned = await alignManifest(folder, { manifest, lexicon: join(folder, 'words.dic'), threads: 1 })
  expect(aligned.map(({ audio, text, speaker }) => ({ audio, text, speaker }))).toEqual([{ audio: join(folder, 'x.wav'), text: 'FACE BED FACE', speaker: 's' }])
  const { words } = aligned[0] as (typeof aligned)[0]
  expect(words.map(({ word }) => word)).toEqual(['FACE', 'BED', 'FACE'])
  for (const { word, phones } of words) expect(word === 'BED' ? ['b e d'] : ['f a c e', 'f a c']).toContain(phones)
  const times = words.flatMap(({ start, end }) => [start, end])
  expect(times.toSorted((a, b) => a - b)).toEqual(times)
  expect(times[0]).toBeGreaterThanOrEqual(0)
  expect(times.at(-1)).toBeLessThanOrEqual(2)
})

it('transcribes with a lexicon and a language model that wants one thing', async () => {
  const wanted = ['HAG', 'BED']
  const languageModel = {
    initial: () => 0,
    score: (state: unknown, word: string) => (wanted[state as number] === word ? 0 : -Infinity),
    advance: (state: unknown) => (state as number) + 1,
    end: (state: unknown) => (state === wanted.length ? 0 : -Infinity),
  }
  const transcriber = await Transcriber.load(folder, { threads: 1, lexicon: { pronunciations: parseLexicon(LEXICON, 'test'), languageModel, beam: 1e9 } })
  const { text, words } = transcriber.transcribe(join(folder, 'x.wav'))
  expect(text).toBe('HAG BED')
  const [first, second] = words as [(typeof words)[0], (typeof words)[0]]
  expect(first.end as number).toBeGreaterThanOrEqual((first.start as number) + 0.12) // three phones, a frame of 40 ms each at least
  expect(second.start as number).toBeGreaterThanOrEqual(first.end as number)
  for (const { confidence } of words) expect(confidence > 0 && confidence < 1).toBe(true)
  transcriber.dispose()
})

it('refuses models that are none of phones', async () => {
  await expect(Transcriber.load(folder, { lexicon: { pronunciations: parseLexicon('A x y\n', 'x.dic'), source: 'x.dic' } }))
    .rejects.toThrow('x.dic: the acoustic model has no phone "x", which "A" needs')
})

describe('phoneTranscripts', () => {
  const lexicon = parseLexicon(LEXICON, 'test')

  it('takes the pronunciations that were aligned, and draws others anew for each occurrence', () => {
    const words = [{ word: 'FACE', start: 0, end: 1, phones: 'f a c' }, { word: 'BED', start: 1, end: 2, phones: 'b e d' }]
    expect(phoneTranscripts([{ audio: 'a', text: 'FACE BED', words }], lexicon, 1)).toEqual([
      { audio: 'a', text: 'f a c b e d', words: [{ ...words[0], word: 'f a c' }, { ...words[1], word: 'b e d' }] },
    ])
    const text = Array.from({ length: 40 }, () => 'FACE').join(' ')
    const [drawn, again] = [1, 1].map((seed) => phoneTranscripts([{ audio: 'a', text }], lexicon, seed)[0]?.text as string)
    expect(drawn).toBe(again)
    const long = (drawn as string).match(/c e/gu)?.length ?? 0
    expect(long).toBeGreaterThan(8)
    expect(long).toBeLessThan(32)
  })

  it('refuses words that the lexicon lacks', () => {
    expect(() => phoneTranscripts([{ audio: 'a', text: 'OH' }], lexicon, 1)).toThrow('The lexicon has no pronunciation of "OH"')
  })
})
