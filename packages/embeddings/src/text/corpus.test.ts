import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { readCorpus } from './corpus.js'
import { joinPhrases, Phrases } from './phrases.js'
import { readTexts, type Texts } from './read-texts.js'

const folder = mkdtempSync(join(tmpdir(), 'parlance-corpus-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const put = (content: string | Uint8Array): string => {
  const file = join(folder, `${files++}.txt`)
  writeFileSync(file, content)
  return file
}
const pieces = (...texts: string[]): Texts => async function* () {
  yield* texts
}

async function tokensOf(texts: Texts, mostDistinct?: number): Promise<string[]> {
  const corpus = await readCorpus(texts, mostDistinct === undefined ? {} : { mostDistinct })
  const bytes = readFileSync(corpus.file)
  corpus.dispose()
  return Array.from(new Uint32Array(bytes.buffer, bytes.byteOffset, corpus.tokens), (token) => corpus.words[token]!)
}

describe('readCorpus', () => {
  it('cuts words and sentences as word2vec.c does', async () => {
    expect(await tokensOf(pieces('the cat\tsat \r\n\n', '  on the m', 'at'))).toEqual([
      'the', 'cat', 'sat', '</s>', '</s>', 'on', 'the', 'mat',
    ])
  })

  it('counts', async () => {
    const corpus = await readCorpus(pieces('a b a\nc a\n'))
    expect(corpus.words).toEqual(['</s>', 'a', 'b', 'c'])
    expect(corpus.counts).toEqual([2, 3, 1, 1])
    corpus.dispose()
  })

  it('reads files one after another, compressed ones too, wherever characters are cut', async () => {
    const text = 'naïve 猫 🦜\n'.repeat(60_000)
    const tokens = await tokensOf(readTexts([put(text), put(gzipSync('end\n'))]))
    expect(tokens).toHaveLength(4 * 60_000 + 2)
    expect(new Set(tokens)).toEqual(new Set(['naïve', '猫', '🦜', '</s>', 'end']))
  })

  it('holds no line as a whole', async () => {
    const chunk = 'word '.repeat(100_000)
    const tokens = await tokensOf(pieces(chunk, chunk, chunk, 'wo', 'rd\n'))
    expect(tokens).toHaveLength(300_002)
    expect(new Set(tokens)).toEqual(new Set(['word', '</s>']))
  })

  it('forgets rare words when there are too many', async () => {
    const tokens = await tokensOf(pieces('often often rare1 rare2 often new1 new2 often\n'), 4)
    expect(tokens.filter((token) => token === 'often')).toHaveLength(4)
    expect(tokens).toHaveLength(9)
    expect(tokens.slice(2, 4)).toEqual(['', ''])
  })

  it('says what is wrong with what it reads', async () => {
    const read = (...of: string[]) => readCorpus(readTexts(of))
    await expect(read(join(folder, 'none.txt'))).rejects.toThrow('none.txt: there is no such file.')
    await expect(read(folder)).rejects.toThrow(`${folder}: is a folder, not a file.`)
    const broken = put(Buffer.from([0x61, 0x20, 0xff, 0x0a]))
    await expect(read(broken)).rejects.toThrow(`${broken}: is not UTF-8 text`)
    const cut = put(gzipSync('some words\n'.repeat(100)).subarray(0, 30))
    await expect(read(cut)).rejects.toThrow(`${cut}: the gzip data is damaged or cut short`)
    await expect(read(put(' \n\n'))).rejects.toThrow('The texts hold no words: there is nothing to train on.')
  })
})

describe('phrases', () => {
  // 20 words "new york" among 1000 others; "the" comes before everything.
  const lines = Array.from({ length: 500 }, (_, i) => `the w${i % 50} the w${(i * 7) % 50}${i % 25 === 0 ? ' new york times' : ''}\n`)
  const texts = pieces(...lines)

  it('score as (count(ab) − δ) words / (count(a) count(b))', async () => {
    const phrases = await Phrases.learn(texts)
    expect(phrases.score('new', 'york')).toBeCloseTo(((20 - 5) / (20 * 20)) * (2000 + 60), 10)
    expect(phrases.score('york', 'new')).toBe(0)
    expect(phrases.score('the', 'nothing')).toBe(0)
  })

  it('are joined from left to right, longer ones in a second pass', async () => {
    const once = (await Phrases.learn(texts, { threshold: 70 })).join('the new york times')
    expect(once).toBe('the new_york times')
    const twice = await joinPhrases(texts, 2, { threshold: 70 })
    let text = ''
    for await (const piece of twice()) text += piece
    expect(text.split('\n')[0]).toBe('the w0 the w0 new_york_times')
    expect(text.split('\n')).toHaveLength(501)
    expect((await Phrases.learn(texts, { threshold: 1000 })).join('new york')).toBe('new york')
  })
})
