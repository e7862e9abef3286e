import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readWav, writeWav } from '@parlance/audio'
import { afterAll, beforeAll, expect, it, describe } from 'vitest'
import { writeLibrispeech } from './librispeech.js'

/** 160 samples of 16 bits, 20,000 sin(i² / 5000) towards zero, as FLAC. */
const FLAC = 'ZkxhQwAAACIQABAAAABNAABNA+gA8AAAAKAGlLHbjulHi6CFAUSokk38AwAAEgAAAAAAAAAAAAAAAAAAAAAAoIQAACggAAAAcmVmZXJlbmNlIGxpYkZMQUMgMS40LjIgMjAyMjEwMjIAAAAA//hlCACfIRYAAAADAA8IH//oRJBAibLkYQRL1prtNMjXNfp81u/7F6O409HTTuuRi6SxZJIiTI2ZsTEJjIRiMxGIxENiMjYkRK3Ajuk='
const sound = Int16Array.from({ length: 160 }, (_, i) => Math.trunc(20000 * Math.sin(i ** 2 / 5000)))

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'librispeech-'))
})
afterAll(() => rmSync(root, { recursive: true }))

/** A part with a chapter of these lines. */
function part(name: string, lines: string): string {
  const chapter = join(root, name, '19', '198')
  mkdirSync(chapter, { recursive: true })
  writeFileSync(join(chapter, '19-198.trans.txt'), lines)
  return chapter
}

describe('writeLibrispeech', () => {
  it('makes a manifest with speakers and sound of the FLAC and WAV files of a part', async () => {
    const chapter = part('train', '19-198-0000 NORTHANGER ABBEY\n19-198-0001 THIS LITTLE WORK\n')
    writeFileSync(join(chapter, '19-198-0000.flac'), Buffer.from(FLAC, 'base64'))
    writeWav(join(chapter, '19-198-0001.wav'), { sampleRate: 16000, channels: [new Float32Array(80)] })
    const told: number[] = []
    const manifest = await writeLibrispeech(join(root, 'train'), join(root, 'out'), (count) => told.push(count))
    expect(manifest).toBe(join(root, 'out', 'train.jsonl'))
    expect(told).toEqual([1, 2])
    const lines = readFileSync(manifest, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)
    expect(lines).toEqual([
      { audio: 'train/19-198-0000.wav', text: 'NORTHANGER ABBEY', duration: 0.01, speaker: '19' },
      { audio: 'train/19-198-0001.wav', text: 'THIS LITTLE WORK', duration: 0.005, speaker: '19' },
    ])
    const { sampleRate, channels: [samples] } = readWav(join(root, 'out', 'train', '19-198-0000.wav'))
    expect(sampleRate).toBe(16000)
    // To the rounding of full scale.
    expect(samples?.every((value, i) => Math.abs(value * 32768 - (sound[i] as number)) <= 1.5)).toBe(true)
  })

  it('says what is missing or damaged', async () => {
    await expect(writeLibrispeech(join(root, 'nothing'), root)).rejects.toThrow('give the folder of a part of LibriSpeech')
    part('odd', '19-198-0000\n')
    await expect(writeLibrispeech(join(root, 'odd'), join(root, 'out'))).rejects.toThrow('the line "19-198-0000" should be')
    part('gone', '19-198-0000 A\n')
    await expect(writeLibrispeech(join(root, 'gone'), join(root, 'out'))).rejects.toThrow('19-198-0000.flac is missing')
    writeFileSync(join(part('damaged', '19-198-0007 A\n'), '19-198-0007.flac'), Buffer.from(FLAC, 'base64').subarray(0, 60))
    await expect(writeLibrispeech(join(root, 'damaged'), join(root, 'out'))).rejects.toThrow('19-198-0007.flac cannot be decoded')
  })
})
