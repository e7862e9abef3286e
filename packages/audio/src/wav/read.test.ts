import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AudioError } from '../errors.js'
import { readWav, toMono } from './read.js'
import { int16, wavWith } from '../testing/wav-with.js'
import { encodeWav, writeWav } from './write.js'

describe('readWav', () => {
  let folder: string
  beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'parlance-wav-')) })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('reads what writeWav wrote, bit for bit', () => {
    const left = Float32Array.from([0, 0.5, -1, 32767 / 32768, -3 / 32768])
    const right = Float32Array.from([1 / 32768, -0.25, 0.125, 0, -0.5])
    for (const encoding of ['pcm16', 'float32'] as const) {
      const path = join(folder, `${encoding}.wav`)
      writeWav(path, { sampleRate: 16000, channels: [left, right] }, { encoding })
      expect(readWav(path)).toEqual({ sampleRate: 16000, channels: [left, right], samples: 5 })
    }
  })

  it('keeps float samples beyond full scale, and clips PCM to it', () => {
    const content = { sampleRate: 8000, channels: [Float32Array.from([1.5, -2])] }
    expect([...readWav(encodeWav(content, { encoding: 'float32' })).channels[0]!]).toEqual([1.5, -2])
    expect([...readWav(encodeWav(content)).channels[0]!]).toEqual([32767 / 32768, -1])
  })

  it('reads more samples than one decoding block', () => {
    const channels = [0, 1, 2].map((c) => Float32Array.from({ length: 100_003 }, (_, i) => ((i * 31 + c * 7) % 65536 - 32768) / 32768))
    const audio = readWav(encodeWav({ sampleRate: 48000, channels }))
    expect(audio.samples).toBe(100_003)
    for (const [c, channel] of channels.entries()) expect(Buffer.from(audio.channels[c]!.buffer).equals(Buffer.from(channel.buffer))).toBe(true)
  })

  it('decodes 8, 24 and 32-bit integers to the same full scale', () => {
    expect([...readWav(wavWith({ bits: 8, data: [0, 128, 192, 255] })).channels[0]!]).toEqual([-1, 0, 0.5, 127 / 128])
    expect([...readWav(wavWith({ bits: 24, data: [0, 0, 0x80, 0, 0, 0x40, 1, 0, 0] })).channels[0]!])
      .toEqual([-1, 0.5, 2 ** -23])
    expect([...readWav(wavWith({ bits: 32, data: [0, 0, 0, 0x80, 0, 0, 0, 0x20] })).channels[0]!]).toEqual([-1, 0.25])
  })

  it('decodes 64-bit float', () => {
    const data = new Uint8Array(Float64Array.from([0.1, -0.75]).buffer)
    expect([...readWav(wavWith({ tag: 3, bits: 64, data })).channels[0]!]).toEqual([Math.fround(0.1), -0.75])
  })

  // Values and position-weighted sums of the whole tables from CPython 3.11's audioop.
  it('decodes A-law and µ-law by the tables of G.711', () => {
    const decode = (tag: number, codes: ArrayLike<number>) =>
      [...readWav(wavWith({ tag, bits: 8, data: Uint8Array.from(codes) })).channels[0]!].map((v) => v * 32768)
    expect(decode(6, [0xaa, 0x2a, 0xd5, 0x55, 0xe5, 0x80])).toEqual([32256, -32256, 8, -8, 1056, 5504])
    expect(decode(7, [0x80, 0x00, 0xff, 0x7f, 0xce, 0x9f])).toEqual([32124, -32124, 0, 0, 988, 8316])
    const all = Array.from({ length: 256 }, (_, code) => code)
    const weighted = (values: number[]) => values.reduce((sum, value, i) => sum + (i + 1) * value, 0)
    expect(weighted(decode(6, all))).toBe(100139008)
    expect(weighted(decode(7, all))).toBe(98107392)
  })

  it('skips chunks of odd size with their padding byte', () => {
    const bytes = wavWith({ before: [['LIST', [1, 2, 3]], ['junk', [9]]], data: int16(100, -100) })
    expect([...readWav(bytes).channels[0]!].map((v) => v * 32768)).toEqual([100, -100])
  })

  it('takes a size that a stream could not write as "to the end"', () => {
    for (const [dataSize, riffSize] of [[0xffffffff, 0xffffffff], [0x7ffff000, 0x7ffff024], [0, 0]] as const) {
      const audio = readWav(wavWith({ dataSize, riffSize, data: int16(1, 2, 3) }))
      expect(audio.samples).toBe(3)
    }
  })

  it('reads a file of no samples as such', () => {
    expect(readWav(wavWith({}))).toEqual({ sampleRate: 8000, channels: [new Float32Array(0)], samples: 0 })
  })

  it('reads WAVE_FORMAT_EXTENSIBLE: 20 valid bits in 3 bytes, float and A-law by their sub-format', () => {
    const rest = (validBits: number, tag: number) => {
      const bytes = Buffer.alloc(24)
      bytes.writeUInt16LE(22, 0)
      bytes.writeUInt16LE(validBits, 2)
      bytes.writeUInt16LE(tag, 8)
      return bytes
    }
    const integer = wavWith({ tag: 0xfffe, bits: 24, formatRest: rest(20, 1), data: [0, 0, 0x40, 0xf0, 0xff, 0xff] })
    expect([...readWav(integer).channels[0]!]).toEqual([0.5, -(2 ** -19)])
    const float = wavWith({ tag: 0xfffe, bits: 32, formatRest: rest(32, 3), data: new Uint8Array(Float32Array.from([0.75]).buffer) })
    expect([...readWav(float).channels[0]!]).toEqual([0.75])
    const aLaw = wavWith({ tag: 0xfffe, bits: 8, formatRest: rest(8, 6), data: [0xaa] })
    expect([...readWav(aLaw).channels[0]!]).toEqual([32256 / 32768])
  })

  it('reads RF64, whose ds64 chunk holds the size of the data', () => {
    const ds64 = Buffer.alloc(28)
    ds64.writeBigUInt64LE(4n, 8)
    const bytes = wavWith({ riff: 'RF64', riffSize: 0xffffffff, before: [['ds64', [...ds64]]], dataSize: 0xffffffff, data: int16(5, 6, 7) })
    expect([...readWav(bytes).channels[0]!].map((v) => v * 32768)).toEqual([5, 6])
  })

  it('reads any rate and very many channels', () => {
    const rates = [1, 12345, 4_294_967_295]
    for (const rate of rates) expect(readWav(wavWith({ rate, data: int16(1) })).sampleRate).toBe(rate)
    const data = Uint8Array.from({ length: 2 * 65535 }, (_, i) => i % 256)
    const { channels } = readWav(wavWith({ channels: 65535, bits: 8, data }))
    expect(channels.length).toBe(65535)
    expect([...channels[65534]!]).toEqual([65534, 2 * 65535 - 1].map((i) => ((i % 256) - 128) / 128))
  })

  it('averages channels', () => {
    const audio = readWav(wavWith({ channels: 2, data: int16(16384, 0, -16384, -16384) }))
    expect([...toMono(audio)]).toEqual([0.25, -0.5])
  })

  const bad: [what: string, bytes: Uint8Array, message: RegExp][] = [
    ['0 bytes', new Uint8Array(0), /^x\.wav: the file is empty \(0 bytes\)/],
    ['another kind of file', Buffer.from('ID3\x04 an MP3 file'), /^x\.wav: not a WAV file: it starts with "ID3\. an MP3 "/],
    ['RIFF of another form', Buffer.from('RIFF\x20\0\0\0AVI LIST'), /^x\.wav: not a WAV file/],
    ['a header that is cut off', wavWith({ data: int16(1) }).subarray(0, 30), /^x\.wav: the fmt chunk promises 16 bytes but the file ends after 10/],
    ['no chunk at all', wavWith({}).subarray(0, 12), /^x\.wav: no fmt chunk before the file ends after 12 bytes/],
    ['no data chunk', wavWith({}).subarray(0, 36), /^x\.wav: no data chunk before the file ends after 36 bytes/],
    ['truncated data', wavWith({ dataSize: 1000, data: int16(1, 2, 3) }), /^x\.wav: truncated: the header promises 500 samples per channel, 3 are there/],
    ['a data size beyond any memory', wavWith({ dataSize: 0x7fffefff, data: int16(1) }), /^x\.wav: truncated/],
    ['an unknown format', wavWith({ tag: 0x55 }), /^x\.wav: WAV format 0x0055 \(MP3\) is not supported; convert it/],
    ['no channels', wavWith({ channels: 0, blockAlign: 2 }), /^x\.wav: the header names 0 channels/],
    ['no sample rate', wavWith({ rate: 0 }), /^x\.wav: the header names a sample rate of 0 Hz/],
    ['channels without a frame', wavWith({ channels: 300, data: int16(1) }), /^x\.wav: the header names 300 channels but there is not one whole frame/],
    ['frames of no size', wavWith({ blockAlign: 0 }), /^x\.wav: 0 bytes per frame do not divide among 1 channels/],
    ['samples wider than their bytes', wavWith({ bits: 24, blockAlign: 2 }), /^x\.wav: 24 of 24 bits per sample do not fit in 2 bytes/],
    ['16-bit float', wavWith({ tag: 3, bits: 16 }), /^x\.wav: 16-bit float samples of 2 bytes are not supported/],
    ['NaN', wavWith({ tag: 3, bits: 32, data: new Uint8Array(Float32Array.from([0, Number.NaN]).buffer) }), /^x\.wav: sample 1 of channel 0 is NaN/],
  ]
  it.each(bad)('rejects %s', (_, bytes, message) => {
    const read = () => readWav(bytes, { name: 'x.wav' })
    expect(read).toThrow(AudioError)
    expect(read).toThrow(message)
    expect(read).not.toThrow(/\n/)
  })

  it('names a file that is missing or a folder', () => {
    expect(() => readWav(join(folder, 'none.wav'))).toThrow(/none\.wav: no such file/)
    expect(() => readWav(folder)).toThrow(/: a folder, not a WAV file/)
    writeFileSync(join(folder, 'empty.wav'), '')
    expect(() => readWav(join(folder, 'empty.wav'))).toThrow(/empty\.wav: the file is empty/)
  })

  it('returns what is there of a truncated file when asked to', () => {
    const bytes = wavWith({ dataSize: 1000, data: int16(7, 8, 9) })
    expect([...readWav(bytes, { allowTruncated: true }).channels[0]!].map((v) => v * 32768)).toEqual([7, 8, 9])
  })
})

describe('encodeWav', () => {
  const one = Float32Array.from([0])
  it.each([
    ['no channel', { sampleRate: 8000, channels: [] }, /1 to 65535 channels, got 0/],
    ['channels of two lengths', { sampleRate: 8000, channels: [one, new Float32Array(2)] }, /one length, got 1, 2 samples/],
    ['a fractional rate', { sampleRate: 0.5, channels: [one] }, /positive integer in Hz, got 0\.5/],
    ['NaN', { sampleRate: 8000, channels: [Float32Array.from([Number.NaN])] }, /sample 0 of channel 0 is NaN/],
  ])('rejects %s', (_, content, message) => {
    expect(() => encodeWav(content)).toThrow(message)
  })
})
