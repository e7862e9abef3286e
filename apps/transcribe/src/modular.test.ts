import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TONE_WORDS, writeToneWordManifest } from '@parlance/corpora'
import { trainWordNgram, writeArpa } from '@parlance/ngram'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadOptions } from './search-flags.js'

const program = ['--conditions=@parlance/source', '--import', 'tsx', fileURLToPath(new URL('main.ts', import.meta.url))]
let folder: string
let data: string
const at = (name: string): string => join(folder, name)

function run(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [...program, ...args], { encoding: 'utf8' })
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'modular-'))
  data = writeToneWordManifest(folder, 'train', { seed: 1, utterances: 12 })
  // Letters stand for phones.
  writeFileSync(at('words.dic'), TONE_WORDS.map((word) => `${word} ${[...word].join(' ')}\n`).join(''))
  const { model, vocabulary } = trainWordNgram(TONE_WORDS.join('\n'), { order: 2 })
  writeArpa(at('words.arpa'), model, vocabulary.words)
  const small = ['--sample-rate', '8000', '--bins', '20', '--width', '16', '--layers', '1', '--heads', '2', '--max-steps', '2', '--threads', '1']
  const { status, stderr } = run('train', '--data', data, '--output', at('model'), '--lexicon', at('words.dic'), ...small)
  if (status !== 0) throw new Error(stderr)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a model of phones', () => {
  it('has the phones of the lexicon for tokens', () => {
    const { model } = JSON.parse(readFileSync(at('model/tokenizer.json'), 'utf8')) as { model: { vocab: Record<string, number> } }
    expect(Object.keys(model.vocab)).toEqual(['<blank>', ...[...new Set(TONE_WORDS.join(''))].sort()])
  })

  it('finds words of the lexicon, as many as the insertion bonus asks for', () => {
    const { audio, text } = JSON.parse(readFileSync(data, 'utf8').split('\n')[0] as string) as { audio: string; text: string }
    const heard = run('--model', at('model'), '--lexicon', at('words.dic'), '--lm', at('words.arpa'), '--insertion-bonus', '40', at(audio))
    expect(heard.stderr).toMatch(/real-time factor/)
    const words = heard.stdout.trim().split(' ')
    expect(words.length).toBeGreaterThan(text.split(' ').length)
    for (const word of words) expect(TONE_WORDS).toContain(word)
  })

  it('aligns a manifest, which is one again', () => {
    const aligned = run('align', '--model', at('model'), '--lexicon', at('words.dic'), '--data', data, '--threads', '1').stdout.trim().split('\n')
    const texts = readFileSync(data, 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { text: string }).text)
    for (const line of aligned) {
      const { text, words } = JSON.parse(line) as { text: string; words: { word: string; phones: string; start: number; end: number }[] }
      expect(texts).toContain(text)
      expect(words.map(({ word }) => word).join(' ')).toBe(text)
      for (const { word, phones } of words) expect(phones).toBe([...word].join(' '))
    }
    expect(aligned.length).toBeGreaterThan(8)
  })

  it.each([
    [{ bias: 'words.dic' }, '--bias needs a model of tokens that spell phrases'],
    [{ internalLmWeight: 0.2 }, '--internal-lm-weight is for transducers'],
    [{ lm: 'none.arpa' }, '--lm none.arpa: there is no such file or folder'],
  ])('refuses %j', async (flags, message) => {
    const others = { beamSize: 1, maxSymbols: 3, synchrony: 'time', blankPenalty: 0, insertionBonus: 0, internalLmWeight: 0 } as const
    await expect(loadOptions({ ...others, lexicon: at('words.dic'), ...flags })).rejects.toThrow(message)
  })
})
