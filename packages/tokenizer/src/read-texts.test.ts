import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeTexts, type Pattern, readText, readTexts } from './index.js'
import { forEachWord, PATTERNS } from './pre-tokenize.js'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parlance-texts-'))
})

afterAll(() => rm(folder, { recursive: true }))

async function collect(bytes: Uint8Array, chunk: number): Promise<string[]> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk)
  }
  const pieces: string[] = []
  for await (const piece of decodeTexts(chunks(), 'text')) pieces.push(piece)
  return pieces
}

function words(text: string, pattern: Pattern): string[] {
  const found: string[] = []
  forEachWord(text, pattern, (word) => found.push(word))
  return found
}

describe('decodeTexts', () => {
  it('cuts where no word crosses, whatever the chunks', async () => {
    const unit = fc.constantFrom('a', 'b', 'é', '猫', '😀', '1', ' ', '\n', '\r', '\t', '\u00a0', '.', "'s", "'")
    const text = fc.string({ unit, minLength: 1, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 20 }), async (text, chunk) => {
        const pieces = await collect(Buffer.from(text), chunk)
        expect(pieces.join('')).toBe(text)
        for (const pattern of PATTERNS) {
          expect(pieces.flatMap((piece) => words(piece, pattern))).toEqual(words(text, pattern))
        }
      }),
      { numRuns: 500 },
    )
    expect((await collect(Buffer.from('one two three four'), 6)).length).toBeGreaterThan(1)
  })

  it('agrees with a strict decoder, and names the first invalid byte', async () => {
    const byte = fc.constantFrom(0x20, 0x61, 0x80, 0xa0, 0xbf, 0xc3, 0xe2, 0x82, 0xac, 0xed, 0xf0, 0x9f, 0xff)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.array(byte), fc.integer({ min: 1, max: 5 }), async (random, chosen, chunk) => {
        for (const bytes of [random, Uint8Array.from([0x61, ...chosen])]) {
          const decoded = await collect(bytes, chunk).then(
            (pieces) => pieces.join(''),
            (error: Error) => error.message,
          )
          expect(decoded).toBe(strictly(bytes))
        }
      }),
      { numRuns: 500 },
    )
  })
})

/** The text, or the error message that is due. */
function strictly(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const valid = (length: number, stream: boolean): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream })
      return true
    } catch {
      return false
    }
  }
  if (valid(bytes.length, false)) return decoder.decode(bytes)
  // The longest prefix that ends with a whole character, and that some continuation could complete.
  let at = bytes.length
  while (!valid(at, false)) at--
  const byte = bytes[at]!.toString(16).padStart(2, '0')
  return `text: it is not UTF-8: invalid byte 0x${byte} at offset ${at}; convert it first`
}

describe('readTexts', () => {
  it('reads files one after the other', async () => {
    const paths = ['one.txt', 'two.txt'].map((name) => join(folder, name))
    await writeFile(paths[0]!, 'a b')
    await writeFile(paths[1]!, '\ufeffc')
    const pieces: string[] = []
    for await (const piece of readTexts(paths)) pieces.push(piece)
    expect(pieces.join('|')).toBe('a| b|\ufeffc')
    expect(await readText(paths[1]!)).toBe('\ufeffc')
  })

  it('names missing and empty files, and folders', async () => {
    const empty = join(folder, 'empty.txt')
    await writeFile(empty, '')
    await expect(readText(empty)).rejects.toThrow(`${empty}: it is empty, expected text`)
    await expect(readText(join(folder, 'none'))).rejects.toThrow('none: no such file')
    await expect(readText(folder)).rejects.toThrow(`${folder}: it is a directory`)
  })
})
