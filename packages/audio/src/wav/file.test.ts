import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FeatureExtractor } from '../features/extractor.js'
import { int16, wavWith } from '../testing/wav-with.js'
import { WavFile } from './file.js'
import { readWav, toMono } from './read.js'
import { encodeWav } from './write.js'

describe('WavFile', () => {
  let folder: string
  beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'parlance-wav-file-')) })
  afterAll(() => rmSync(folder, { recursive: true }))

  /** A file of silence that takes no room, except for `tail` at its end. */
  const sparse = (name: string, head: Uint8Array, dataBytes: number, tail: Uint8Array) => {
    const path = join(folder, name)
    const handle = openSync(path, 'w')
    writeSync(handle, head)
    ftruncateSync(handle, head.length + dataBytes)
    writeSync(handle, tail, 0, tail.length, head.length + dataBytes - tail.length)
    closeSync(handle)
    return path
  }

  it('reads blocks and stretches as the whole has them', () => {
    const channels = [0, 1].map((c) => Float32Array.from({ length: 10_007 }, (_, i) => ((i * 31 + c * 7) % 65536 - 32768) / 32768))
    const path = join(folder, 'two.wav')
    writeFileSync(path, encodeWav({ sampleRate: 8000, channels }))
    for (const source of [path, encodeWav({ sampleRate: 8000, channels })]) {
      const file = WavFile.open(source)
      expect([file.sampleRate, file.channelCount, file.samples]).toEqual([8000, 2, 10_007])
      for (const size of [1000, 10_007, 20_000]) {
        const blocks = [...file.blocks(size)]
        for (const c of [0, 1]) expect(blocks.flatMap((block) => [...block[c]!])).toEqual([...channels[c]!])
      }
      expect(file.read(9000, 3)[1]).toEqual(channels[1]!.slice(9000, 9003))
      expect(file.read(10_000, 100)[0]).toEqual(channels[0]!.slice(10_000))
      expect(file.read(20_000, 5)[0]!.length).toBe(0)
      file.close()
    }
  })

  it('tells the alignment of narrow samples from the whole file, not from a block', () => {
    // 24 bits in 4 bytes, at the low end: only the last of them shows it.
    const rest = Buffer.alloc(24)
    rest.writeUInt16LE(22, 0)
    rest.writeUInt16LE(24, 2)
    rest.writeUInt16LE(1, 8)
    const low = Buffer.alloc(4 * 70_000)
    low.writeInt32LE(0x100, 0)
    low.writeInt32LE(-0x3fffff, 4 * 69_999)
    const file = WavFile.open(wavWith({ tag: 0xfffe, bits: 32, formatRest: rest, data: low }))
    expect(file.read(0, 1)[0]![0]).toBe(2 ** -15)
    expect(file.read(69_999, 1)[0]![0]).toBe(-0x3fffff / 2 ** 23)
  })

  it('reads the end of an RF64 file of ten hours of 48 kHz stereo, 7 GB', () => {
    const frames = 36_000 * 48_000
    const ds64 = Buffer.alloc(28)
    ds64.writeBigUInt64LE(BigInt(frames * 4), 8)
    const head = wavWith({
      riff: 'RF64', riffSize: 0xffffffff, channels: 2, rate: 48_000, dataSize: 0xffffffff, before: [['ds64', [...ds64]]],
    })
    const file = WavFile.open(sparse('long.wav', head, frames * 4, int16(1000, -1000)))
    expect(file.samples).toBe(frames)
    expect(file.read(frames - 2, 10).map((channel) => [...channel].map((v) => v * 32768))).toEqual([[0, 1000], [0, -1000]])
    file.close()
  })

  it('streams the features of ten hours in little memory', () => {
    // 2 kHz, 8 bits: 72 million samples; one frame a second, to be quick. A click lies in the last frame.
    const seconds = 36_000
    const rate = 2000
    const head = wavWith({ bits: 8, rate, dataSize: seconds * rate })
    // Stored zeros are a constant of -1, which DC removal takes out.
    const path = sparse('ten-hours.wav', head, seconds * rate, Uint8Array.from({ length: 10 }, () => 255))
    const extractor = new FeatureExtractor({ sampleRate: rate, bins: 10, frameLength: 100, frameShift: 1000, snipEdges: false })
    const stream = extractor.stream()
    const file = WavFile.open(path)
    let frames = 0
    let mostKept = 0
    let last: number[] = []
    const before = process.memoryUsage().arrayBuffers
    for (const channels of file.blocks()) {
      const { frames: count, data } = stream.push(toMono(channels))
      frames += count
      if (count > 0) last = [...data.subarray(-10)]
      mostKept = Math.max(mostKept, process.memoryUsage().arrayBuffers - before)
    }
    file.close()
    frames += stream.finish().frames
    expect(frames).toBe(seconds)
    expect(last.every((value) => value === Math.fround(Math.log(2 ** -23)))).toBe(true)
    // Blocks wait for the garbage collector; the samples alone would be 288 MB, the file 72 MB.
    expect(mostKept).toBeLessThan(100e6)
  })

  it('refuses to hold more samples than an array can', () => {
    const size = 2 ** 31 + 1
    const path = sparse('too-many.wav', wavWith({ bits: 8, dataSize: size }), size, new Uint8Array(0))
    expect(() => readWav(path)).toThrow(/too-many\.wav: 2147483649 samples per channel are too many to hold; read it in blocks/)
  })

  it('refuses a missing file, a folder and a device', () => {
    expect(() => WavFile.open(join(folder, 'none.wav'))).toThrow(/none\.wav: no such file/)
    expect(() => WavFile.open(folder)).toThrow(/: a folder, not a WAV file/)
    expect(() => readWav('/dev/null')).toThrow(/\/dev\/null: a device or pipe, not a WAV file/)
  })
})
