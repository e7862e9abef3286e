import { AudioError } from '../errors.js'

/** How one stored sample is coded. */
type WavEncoding = 'integer' | 'float' | 'a-law' | 'mu-law'

/** What a validated header says; every offset and size lies inside the file. */
export interface WavHeader {
  bigEndian: boolean
  encoding: WavEncoding
  channels: number
  /** Hz. */
  sampleRate: number
  /** Bytes that one sample of one channel occupies. */
  sampleBytes: number
  /** Significant bits within those bytes. */
  validBits: number
  /** Where the data chunk's payload starts, in bytes. */
  dataOffset: number
  /** Samples per channel that are present. */
  samples: number
  /** Samples per channel that the header promises; undefined when it was written by a stream. */
  promised: number | undefined
}

interface Format {
  encoding: WavEncoding
  channels: number
  sampleRate: number
  sampleBytes: number
  validBits: number
}

const FORMAT_NAMES: Record<number, string> = {
  0x0002: 'Microsoft ADPCM',
  0x0011: 'IMA ADPCM',
  0x0031: 'GSM 6.10',
  0x0050: 'MPEG',
  0x0055: 'MP3',
  0x00ff: 'AAC',
  0x2000: 'AC-3',
}
const EXTENSIBLE = 0xfffe
const MAX_CHANNELS = 1024
const ENCODINGS: Record<number, WavEncoding> = { 1: 'integer', 3: 'float', 6: 'a-law', 7: 'mu-law' }

/** Encoders that write to a pipe put one of these where they cannot seek back: SoX 0x7ffff000, arecord 2^31, FFmpeg 2^32 - 1. */
const STREAMED_FROM = 0x7ffff000

/**
 * Reads and checks the header of a RIFF, RIFX or RF64 WAVE file without allocating anything that a size field names.
 *
 * The chunk layout is that of "Multimedia Programming Interface and Data Specifications 1.0" (IBM, Microsoft 1991),
 * WAVE_FORMAT_EXTENSIBLE that of Microsoft's `mmreg.h`, RF64 that of EBU Tech 3306.
 *
 * @param bytes the whole file
 * @param name what to call the file in messages
 * @throws AudioError when the file is not such a file or its format is not one that can be read
 */
export function parseWavHeader(bytes: Uint8Array, name: string): WavHeader {
  const fail = (what: string): never => {
    throw new AudioError(`${name}: ${what}`)
  }
  if (bytes.length === 0) fail('the file is empty (0 bytes); expected a WAV file')
  const id = (offset: number) => String.fromCharCode(...bytes.subarray(offset, offset + 4))
  const riff = id(0)
  if (bytes.length < 12 || !['RIFF', 'RIFX', 'RF64'].includes(riff) || id(8) !== 'WAVE') {
    fail(`not a WAV file: it starts with ${printable(bytes)}, not RIFF….WAVE; convert it to WAV first`)
  }
  const bigEndian = riff === 'RIFX'
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const u32 = (offset: number) => view.getUint32(offset, !bigEndian)

  let format: Format | undefined
  let dataSize64: number | undefined
  for (let offset = 12; offset + 8 <= bytes.length;) {
    const chunk = id(offset)
    const size = u32(offset + 4)
    const start = offset + 8
    const present = Math.min(size, bytes.length - start)
    if (chunk === 'ds64') {
      if (present < 16) fail(`the ds64 chunk has ${present} bytes, at least 16 are needed; the file is damaged`)
      dataSize64 = Number(view.getBigUint64(start + 8, true))
    } else if (chunk === 'fmt ') {
      if (present < size) fail(`the fmt chunk promises ${size} bytes but the file ends after ${present}; it is damaged`)
      format = parseFormat(view, start, size, bigEndian, fail)
    } else if (chunk === 'data') {
      if (!format) return fail('the data chunk comes before any fmt chunk; the file is damaged')
      const promised = size === 0xffffffff && dataSize64 !== undefined ? dataSize64 : size
      return locateData(format, bigEndian, start, promised, bytes.length, u32(4))
    }
    // Chunks are padded to an even number of bytes.
    offset = start + size + (size & 1)
  }
  return fail(`no ${format ? 'data' : 'fmt'} chunk before the file ends after ${bytes.length} bytes; it is damaged or cut off`)
}

function locateData(
  format: Format, bigEndian: boolean, start: number, size: number, fileSize: number, riffSize: number,
): WavHeader {
  const present = fileSize - start
  const frame = format.sampleBytes * format.channels
  const streamed = size > present ? size >= STREAMED_FROM && size <= 0xffffffff
    : size === 0 && present > 0 && (riffSize === 0 || riffSize >= STREAMED_FROM)
  return {
    bigEndian,
    ...format,
    dataOffset: start,
    samples: Math.floor((streamed ? present : Math.min(size, present)) / frame),
    promised: streamed ? undefined : Math.floor(size / frame),
  }
}

function parseFormat(
  view: DataView, start: number, size: number, bigEndian: boolean, fail: (what: string) => never,
): Format {
  if (size < 16) fail(`the fmt chunk has ${size} bytes, at least 16 are needed; the file is damaged`)
  const u16 = (offset: number) => view.getUint16(start + offset, !bigEndian)
  const channels = u16(2)
  const sampleRate = view.getUint32(start + 4, !bigEndian)
  const blockAlign = u16(12)
  const bits = u16(14)
  let tag = u16(0)
  let validBits = bits
  if (tag === EXTENSIBLE) {
    if (size < 40) fail(`the extensible fmt chunk has ${size} bytes, 40 are needed; the file is damaged`)
    validBits = u16(18) || bits
    // The first field of the sub-format GUID holds the plain format tag.
    tag = view.getUint32(start + 24, !bigEndian)
  }
  const encoding = ENCODINGS[tag]
  if (!encoding) {
    const hex = `0x${tag.toString(16).padStart(4, '0')}`
    return fail(`WAV format ${hex}${FORMAT_NAMES[tag] ? ` (${FORMAT_NAMES[tag]})` : ''} is not supported; `
      + 'convert it to PCM, float, A-law or µ-law')
  }
  if (channels === 0 || channels > MAX_CHANNELS) {
    fail(`the header names ${channels} channels, 1 to ${MAX_CHANNELS} can be read; the file is damaged`)
  }
  if (sampleRate === 0) fail('the header names a sample rate of 0 Hz; the file is damaged')
  const sampleBytes = blockAlign / channels
  if (blockAlign === 0 || !Number.isInteger(sampleBytes)) {
    fail(`${blockAlign} bytes per frame do not divide among ${channels} channels; the file is damaged`)
  }
  if (validBits > bits || bits === 0 || Math.ceil(bits / 8) > sampleBytes) {
    fail(`${validBits} of ${bits} bits per sample do not fit in ${sampleBytes} bytes; the file is damaged`)
  }
  const readable = encoding === 'integer' ? sampleBytes <= 8
    : encoding === 'float' ? (bits === 32 || bits === 64) && bits === sampleBytes * 8
      : sampleBytes === 1
  if (!readable) {
    fail(`${bits}-bit ${encoding} samples of ${sampleBytes} bytes are not supported; `
      + 'use integers of 1 to 8 bytes, 32 or 64-bit float, or 8-bit A-law or µ-law')
  }
  return { encoding, channels, sampleRate, sampleBytes, validBits }
}

function printable(bytes: Uint8Array): string {
  return JSON.stringify(String.fromCharCode(...bytes.subarray(0, 12)).replace(/[^\x20-\x7e]/g, '.'))
}
