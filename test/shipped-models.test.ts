import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Transcriber, type Word } from '@parlance/asr'
import { digitClips, generateDigitStrings, isAtHand, prepare } from '@parlance/corpora'
import { wer } from '@parlance/metrics'
import { evaluateTranslator, readPairs, spread, Translator } from '@parlance/translation'
import { describe, expect, it } from 'vitest'
import { root } from './readme.js'

const models = join(root, 'packages/models')
/** Share of digits, somewhat above what the model's README says. */
const MOST_DIGITS_WRONG = 0.03

/** The lines `sha256  file` of a model's README. */
function checksums(folder: string): [sum: string, file: string][] {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8')
  return [...readme.matchAll(/^([0-9a-f]{64}) {2}(\S+)$/gm)].map(([, sum, file]) => [sum as string, file as string])
}

describe.each(readdirSync(models))('the model %s', (name) => {
  const folder = join(models, name)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { files: string[] }

  it('is what its README says that it is', () => {
    expect(checksums(folder).map(([, file]) => file).sort()).toEqual([...manifest.files].sort())
    for (const [sum, file] of checksums(folder)) {
      expect(createHash('sha256').update(readFileSync(join(folder, file))).digest('hex'), file).toBe(sum)
    }
  })
})

describe('translate-en-de', () => {
  const folder = join(models, 'translate-en-de')

  it('takes less than 12 MB', () => {
    const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
    expect(bytes).toBeLessThan(12e6)
  })

  it('translates everyday sentences', async () => {
    const translator = await Translator.load(folder)
    const found = await translator.translate(['Where is the station?', 'I love you.', 'Tom is my brother.'])
    translator.dispose()
    expect(found.map(({ text }) => text)).toEqual(['Wo ist der Bahnhof?', 'Ich liebe dich.', 'Tom ist mein Bruder.'])
  })

  it.runIf(isAtHand('tatoeba-en-de'))('reaches 29 BLEU on every fourth test pair', async () => {
    const { 'test.tsv': test } = await prepare('tatoeba-en-de')
    const pairs = readPairs([test as string])
    const translator = await Translator.load(folder)
    const { bleu } = await evaluateTranslator(translator, spread(pairs, Math.floor(pairs.length / 4)), { beamSize: 4 })
    translator.dispose()
    expect(bleu.score).toBeGreaterThanOrEqual(29)
  })
})

describe('transcribe-digits', () => {
  const folder = join(models, 'transcribe-digits')

  it('takes less than 6 MB', () => {
    const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
    expect(bytes).toBeLessThan(6e6)
  })

  it('hears no digits in silence, hum and noise', async () => {
    const transcriber = await Transcriber.load(folder, { threads: 1 })
    const sound = (at: (n: number) => number) => Float32Array.from({ length: 16_000 }, (_, n) => at(n))
    let state = 1
    const noise = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1)
    const found = transcriber.transcribe([sound(() => 0), sound((n) => 0.1 * Math.sin((2 * Math.PI * 50 * n) / 8000)), sound(() => 0.01 * noise())])
    transcriber.dispose()
    expect(found.map(({ text }) => text)).toEqual(['', '', ''])
  })

  it.runIf(isAtHand('speech-fsdd'))('hears strings of test clips, whole and as a stream, and when digits begin', async () => {
    const strings = generateDigitStrings(await digitClips('test'), { seed: 21, strings: 60 })
    const transcriber = await Transcriber.load(folder, { threads: 1 })
    const transcripts = transcriber.transcribe(strings.map(({ samples }) => samples))
    const { rate } = wer(strings.map(({ text }) => text), transcripts.map(({ text }) => text))
    expect(rate).toBeLessThanOrEqual(MOST_DIGITS_WRONG)
    const delays = strings.flatMap(({ text, words }, i) =>
      transcripts[i]?.text === text ? words.map(({ start }, k) => Math.abs((transcripts[i]?.words[k]?.start ?? Infinity) - start)) : [])
    expect(delays.filter((delay) => delay <= 0.08).length / delays.length).toBeGreaterThan(0.9)
    const [{ samples }] = strings as [(typeof strings)[0]]
    const stream = transcriber.stream()
    for (let at = 0; at < samples.length; at += 160) stream.push(samples.subarray(at, at + 160))
    const timed = (words: readonly Word[] = []) => words.map(({ word, start, end }) => [word, start, end])
    expect(timed(stream.finish().words)).toEqual(timed(transcripts[0]?.words))
    transcriber.dispose()
  })
})
