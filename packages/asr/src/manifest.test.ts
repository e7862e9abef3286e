import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readManifest } from './manifest.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manifest-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function manifest(content: string | Uint8Array): string {
  const file = join(folder, 'data.jsonl')
  writeFileSync(file, content)
  return file
}

describe('readManifest', () => {
  it('gives paths relative to the manifest and ignores other fields and empty lines', () => {
    const file = manifest('{"audio":"wav/a.wav","text":"NO","duration":1.5,"speaker":"x","room":2}\n\n{"audio":"/b.wav","text":""}\n{"features":"c.mfc","text":"C"}\n')
    expect(readManifest(file)).toEqual([
      { audio: join(folder, 'wav/a.wav'), text: 'NO', speaker: 'x' },
      { audio: '/b.wav', text: '' },
      { audio: join(folder, 'c.mfc'), text: 'C' },
    ])
  })

  it('reads the times of words', () => {
    const words = [{ word: 'no', start: 0.5, end: 1.25 }]
    expect(readManifest(manifest(`{"audio":"/a.wav","text":"no","words":${JSON.stringify(words)}}\n`))).toEqual([{ audio: '/a.wav', text: 'no', words }])
  })

  it.each([
    ['{"audio":"a.wav","text":"x","words":[{"word":"x","start":-1,"end":0}]}', 'line 1: field "words.0.start": Too small'],
    ['{"audio":"a.wav","text":"x"}\nhello\n', 'line 2 is not JSON: expected {"audio": "path.wav", "text": "…"}, got "hello".'],
    ['{"audio":"a.wav"}\n', 'line 1: field "text": expected string'],
    ['{"text":"x"}\n', 'line 1: it names neither "audio" nor "features".'],
    ['\n[1]\n', 'line 2: expected object'],
    ['{"audio":"a.wav","text":"x","duration":"1"}', 'line 1: field "duration": expected number'],
    ['\n \n', 'has no utterances'],
    ['', 'is empty'],
  ])('refuses %j', (content, message) => {
    const file = manifest(content)
    expect(() => readManifest(file)).toThrow(message)
    expect(() => readManifest(file)).toThrow(file)
  })

  it('refuses what is missing or not UTF-8', () => {
    expect(() => readManifest(join(folder, 'none.jsonl'))).toThrow('none.jsonl: there is no such file')
    const file = manifest(new Uint8Array([0x7b, 0xff, 0x7d]))
    expect(() => readManifest(file)).toThrow('is not UTF-8 text (byte 1)')
  })
})
