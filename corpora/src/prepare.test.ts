import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { readWav } from '@parlance/audio'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { isAtHand, prepare } from './prepare.js'
import type { Recipe } from './recipe.js'
import { recipes } from './recipes.js'
import { readTar } from './tar.js'

const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex')
const realCorpora = process.env['PARLANCE_CORPORA']

describe('prepare', () => {
  let folder: string
  let corpora: string
  let cache: string
  const raw = 'hello\n'
  const recipe: Recipe = {
    name: 'small', description: 'a word', licence: 'CC0', attribution: 'nobody', url: 'https://example.org/small',
    files: { 'a.txt': sha256(raw) }, upstream: { 'A.txt': sha256('HELLO\n') }, version: 1, outputs: ['A.txt'],
    async prepare(read, target) {
      writeFileSync(join(target, 'A.txt'), Buffer.from(await read('a.txt')).toString().toUpperCase())
    },
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parlance-corpora-'))
    corpora = join(folder, 'corpora')
    cache = join(folder, 'cache')
    mkdirSync(join(corpora, 'small'), { recursive: true })
    writeFileSync(join(corpora, 'small', 'a.txt'), raw)
    vi.stubEnv('PARLANCE_CORPORA', corpora)
    vi.stubEnv('PARLANCE_CACHE', cache)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })

  it('writes the outputs into the cache, whole, and finds them again without the raw files', async () => {
    const outputs = await prepare(recipe)
    expect(readFileSync(outputs['A.txt']!, 'utf8')).toBe('HELLO\n')
    expect(readdirSync(cache)).toEqual([basename(dirname(outputs['A.txt']!))])
    vi.stubEnv('PARLANCE_CORPORA', '')
    expect(await prepare(recipe)).toEqual(outputs)
  })

  it('gives one result to several at a time', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => prepare(recipe)))
    expect(new Set(all.map((outputs) => outputs['A.txt'])).size).toBe(1)
    expect(readdirSync(cache).length).toBe(1)
  })

  it('prepares anew when the recipe changes', async () => {
    const before = await prepare(recipe)
    expect(await prepare({ ...recipe, version: 2 })).not.toEqual(before)
  })

  it('leaves nothing behind when preparation fails', async () => {
    const failing = { ...recipe, prepare: () => Promise.reject(new Error('disk full')) }
    await expect(prepare(failing)).rejects.toThrow('disk full')
    expect(readdirSync(cache)).toEqual([])
  })

  it('says how to get a corpus that is not at hand', async () => {
    vi.stubEnv('PARLANCE_CORPORA', '')
    await expect(prepare(recipe)).rejects
      .toThrow(/^corpus "small" is not at hand: set PARLANCE_CORPORA to the folder that holds small\/a\.txt; the corpus comes from https:\/\/example\.org\/small$/)
    vi.stubEnv('PARLANCE_CORPORA', folder)
    await expect(prepare(recipe)).rejects.toThrow(/is not at hand: PARLANCE_CORPORA is .*, which has no small\/a\.txt; the corpus comes from/)
  })

  it('says which checksum differs', async () => {
    writeFileSync(join(corpora, 'small', 'a.txt'), 'hallo\n')
    await expect(prepare(recipe)).rejects
      .toThrow(`a.txt: SHA-256 is ${sha256('hallo\n')}, the recipe expects ${sha256(raw)}; the file is damaged or another version`)
    writeFileSync(join(corpora, 'small', 'a.txt'), raw)
    const wrong = { ...recipe, upstream: { 'A.txt': sha256('other') } }
    await expect(prepare(wrong)).rejects.toThrow(/prepared small\/A\.txt: SHA-256 is/)
  })

  it('rejects a name that is no recipe and a file without a checksum', async () => {
    await expect(prepare('wikitext')).rejects.toThrow(/no corpus recipe "wikitext"; there are: wikitext-2, tinyshakespeare/)
    const reading: Recipe = { ...recipe, prepare: async (read) => { await read('b.txt') } }
    await expect(prepare(reading)).rejects.toThrow(/reads b\.txt, which it gives no checksum for/)
  })

  it('knows what is at hand', () => {
    expect(isAtHand('wikitext-2')).toBe(false)
    mkdirSync(join(corpora, 'wikitext-2'))
    for (const file of ['train.txt.gz', 'valid.txt.gz']) writeFileSync(join(corpora, 'wikitext-2', file), gzipSync(''))
    expect(isAtHand('wikitext-2')).toBe(true)
  })
})

describe('recipes', () => {
  it('have names of their own and full checksums', () => {
    expect(new Set(recipes.map(({ name }) => name)).size).toBe(recipes.length)
    for (const { files, upstream } of recipes) {
      for (const sum of Object.values({ ...files, ...upstream })) expect(sum).toMatch(/^[0-9a-f]{64}$/)
    }
  })
})

describe.skipIf(!realCorpora)('real corpora (PARLANCE_CORPORA)', () => {
  let cache: string
  beforeAll(() => {
    cache = mkdtempSync(join(tmpdir(), 'parlance-cache-'))
    vi.stubEnv('PARLANCE_CACHE', cache)
  })
  afterAll(() => {
    vi.unstubAllEnvs()
    rmSync(cache, { recursive: true })
  })
  const lines = (path: string | undefined) => readFileSync(path!, 'utf8').split('\n').length - 1

  it('prepares WikiText-2 as published', async () => {
    const outputs = await prepare('wikitext-2')
    expect([lines(outputs['train.txt']), lines(outputs['valid.txt'])]).toEqual([36718, 3760])
  })

  it('prepares Tiny Shakespeare', async () => {
    const outputs = await prepare('tinyshakespeare')
    expect(readFileSync(outputs['train.txt']!).length).toBe(1003857)
    expect(readFileSync(outputs['valid.txt']!).length).toBe(55825)
  })

  it('prepares Tatoeba', async () => {
    const outputs = await prepare('tatoeba-en-de')
    expect(['train.tsv', 'valid.tsv', 'test.tsv'].map((file) => lines(outputs[file]))).toEqual([158217, 3176, 3323])
    for (const line of readFileSync(outputs['test.tsv']!, 'utf8').trimEnd().split('\n')) expect(line.split('\t').length).toBe(2)
  })

  it('prepares yes/no: 24 recordings to train, 7 to test, 8 words each', async () => {
    const outputs = await prepare('speech-yesno')
    const read = (file: string) => readFileSync(outputs[file]!, 'utf8').trimEnd().split('\n')
      .map((line) => JSON.parse(line) as { audio: string; text: string; duration: number })
    const [train, test] = [read('train.jsonl'), read('test.jsonl')]
    expect([train.length, test.length]).toEqual([24, 7])
    expect(train[0]!.text).toBe('NO NO NO NO YES YES YES YES')
    expect(test.at(-1)!.text).toBe('NO YES YES YES YES YES YES YES')
    for (const { audio, text, duration } of [...train, ...test]) {
      const wav = readWav(join(dirname(outputs['train.jsonl']!), audio))
      expect([wav.sampleRate, wav.samples / 8000]).toEqual([8000, duration])
      expect(text).toMatch(/^((YES|NO) ?){8}$/)
    }
    expect(existsSync(join(dirname(outputs['test.jsonl']!), test[0]!.audio))).toBe(true)
  })

  it('prepares AN4: speakers apart, a feature file for each utterance, every word in the lexicon', async () => {
    const outputs = await prepare('speech-an4-mfcc')
    const read = (file: string) => readFileSync(outputs[file]!, 'utf8').trimEnd().split('\n')
      .map((line) => JSON.parse(line) as { features: string; text: string; duration: number; speaker: string })
    const [train, valid, fit, development] = [read('train.jsonl'), read('valid.jsonl'), read('fit.jsonl'), read('development.jsonl')]
    expect([train, valid, fit, development].map((part) => part.length)).toEqual([863, 85, 759, 104])
    const speakers = [fit, development, valid].map((part) => new Set(part.map(({ speaker }) => speaker)))
    expect(speakers.map(({ size }) => size)).toEqual([59, 8, 7])
    expect(new Set(speakers.flatMap((some) => [...some])).size).toBe(74)
    const lexicon = new Set(readFileSync(outputs['an4.dic']!, 'utf8').split('\n').map((line) => line.split(/\s/)[0]))
    for (const { features, text, duration } of [...train, ...valid]) {
      expect(readFileSync(join(dirname(outputs['train.jsonl']!), features)).readInt32BE(0)).toBe(Math.round(1300 * duration))
      for (const word of text.split(' ')) expect(lexicon).toContain(word)
    }
  })
})

describe('readTar', () => {
  const entry = (path: string, body: string, type = '0', size = body.length) => {
    const block = Buffer.alloc(512 + Math.ceil(body.length / 512) * 512)
    block.write(path, 0)
    block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
    block.write(type, 156)
    block.write('ustar\0', 257)
    block.fill(' ', 148, 156)
    block.write(`${block.subarray(0, 512).reduce((a, b) => a + b).toString(8).padStart(6, '0')}\0 `, 148)
    block.write(body, 512)
    return block
  }
  const end = Buffer.alloc(1024)

  it('reads plain files and passes over the rest', () => {
    const long = 'x'.repeat(700)
    const archive = Buffer.concat([entry('d/', '', '5'), entry('d/a', long), entry('link', '', '2'), entry('b', 'B'), end, entry('after', 'C')])
    expect(readTar(archive, 'x.tar').map(({ path, data }) => [path, Buffer.from(data).toString()])).toEqual([['d/a', long], ['b', 'B']])
  })

  it.each([
    ['a damaged header', Buffer.concat([entry('a', 'A').fill('z', 0, 1), end]), /^x\.tar: damaged header at byte 0/],
    ['a file that is cut off', entry('a', 'A', '0', 5000), /^x\.tar: a should have 5000 bytes, the archive ends after 512/],
    ['a path upwards', entry('a/../../b', 'A'), /^x\.tar: a\/\.\.\/\.\.\/b leads outside the archive/],
    ['an absolute path', entry('/etc/a', 'A'), /^x\.tar: \/etc\/a leads outside the archive/],
  ])('rejects %s', (_, archive, message) => {
    expect(() => readTar(archive, 'x.tar')).toThrow(message)
  })
})
