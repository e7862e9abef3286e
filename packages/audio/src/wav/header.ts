import { AudioError } from '../errors.js'
import type { ByteSource } from './source.js'

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
const ENCODINGS: Record<number, WavEncoding> = { 1: 'integer', 3: 'float', 6: 'a-law', 7: 'mu-law' }

/** Channels that a file without any samples may have. */
const MOST_SILENT_CHANNELS = 256

/** Encoders that write to a pipe put one of these where they cannot seek back: SoX 0x7ffff000, arecord 2^31, FFmpeg 2^32 - 1. */
const STREAMED_FROM = 0x7ffff000

/** Bytes of a fmt chunk that mean something: those of WAVE_FORMAT_EXTENSIBLE. */
const FORMAT_BYTES = 40
/** Chunks before the samples; no writer comes near, a damaged file may hold one every 8 bytes. */
const MOST_CHUNKS = 10_000

/**
 * Reads and checks the header of a RIFF, RIFX or RF64 WAVE file without allocating anything that a size field names.
 *
 * The chunk layout is that of "Multimedia Programming Interface and Data Specifications 1.0" (IBM, Microsoft 1991),
 * WAVE_FORMAT_EXTENSIBLE that of Microsoft's `mmreg.h`, RF64 that of EBU Tech 3306.
 *
 * @param source the whole file
 * @param name what to call the file in messages
 * @throws AudioError when the file is not such a file or its format is not one that can be read
 */
export function parseWavHeader(source: ByteSource, name: string): WavHeader {
  const fail = (what: string): never => {
    throw new AudioError(`${name}: ${what}`)
  }
  if (source.length === 0) fail('the file is empty (0 bytes); expected a WAV file')
  const head = source.read(0, 12)
  const riff = text(head, 0)
  if (head.length < 12 || !['RIFF', 'RIFX', 'RF64'].includes(riff) || text(head, 8) !== 'WAVE') {
    fail(`not a WAV file: it starts with ${printable(head)}, not RIFF….WAVE; convert it to WAV first`)
  }
  const bigEndian = riff === 'RIFX'
  const riffSize = viewOf(head).getUint32(4, !bigEndian)

  let format: Format | undefined
  let dataSize64: number | undefined
  let chunks = 0
  for (let offset = 12; offset + 8 <= source.length;) {
    if (++chunks > MOST_CHUNKS) fail(`no samples within the first ${MOST_CHUNKS} chunks; the file is damaged`)
    const chunkHead = source.read(offset, offset + 8)
    const chunk = text(chunkHead, 0)
    const size = viewOf(chunkHead).getUint32(4, !bigEndian)
    const start = offset + 8
    const present = Math.min(size, source.length - start)
    if (chunk === 'ds64') {
      if (present < 16) fail(`the ds64 chunk has ${present} bytes, at least 16 are needed; the file is damaged`)
      dataSize64 = Number(viewOf(source.read(start, start + 16)).getBigUint64(8, true))
    } else if (chunk === 'fmt ') {
      if (present < size) fail(`the fmt chunk promises ${size} bytes but the file ends after ${present}; it is damaged`)
      format = parseFormat(viewOf(source.read(start, start + Math.min(size, FORMAT_BYTES))), bigEndian, fail)
    } else if (chunk === 'data') {
      if (!format) return fail('the data chunk comes before any fmt chunk; the file is damaged')
      const promised = size === 0xffffffff && dataSize64 !== undefined ? dataSize64 : size
      const header = locateData(format, bigEndian, start, promised, source.length, riffSize)
      // A frame has at least a byte of each channel, so that a file's size bounds what its channels ask for.
      if (header.samples === 0 && header.channels > MOST_SILENT_CHANNELS) {
        fail(`the header names ${header.channels} channels but there is not one whole frame of them; the file is damaged`)
      }
      return header
    }
    // Chunks are padded to an even number of bytes.
    offset = start + size + (size & 1)
  }
  return fail(`no ${format ? 'data' : 'fmt'} chunk before the file ends after ${source.length} bytes; it is damaged or cut off`)
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
  view: DataView, bigEndian: boolean, fail: (what: string) => never,
): Format {
  const size = view.byteLength
  if (size < 16) fail(`the fmt chunk has ${size} bytes, at least 16 are needed; the file is damaged`)
  const u16 = (offset: number) => view.getUint16(offset, !bigEndian)
  const channels = u16(2)
  const sampleRate = view.getUint32(4, !bigEndian)
  const blockAlign = u16(12)
  const bits = u16(14)
  let tag = u16(0)
  let validBits = bits
  if (tag === EXTENSIBLE) {
    if (size < 40) fail(`the extensible fmt chunk has ${size} bytes, 40 are needed; the file is damaged`)
    validBits = u16(18) || bits
    // The first field of the sub-format GUID holds the plain format tag.
    tag = view.getUint32(24, !bigEndian)
  }
  const encoding = ENCODINGS[tag]
  if (!encoding) {
    const hex = `0x${tag.toString(16).padStart(4, '0')}`
    return fail(`WAV format ${hex}${FORMAT_NAMES[tag] ? ` (${FORMAT_NAMES[tag]})` : ''} is not supported; `
      + 'convert it to PCM, float, A-law or µ-law')
  }
  if (channels === 0) fail('the header names 0 channels; the file is damaged')
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

function text(bytes: Uint8Array, offset: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + 4))
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function printable(bytes: Uint8Array): string {
  return JSON.stringify(String.fromCharCode(...bytes.subarray(0, 12)).replace(/[^\x20-\x7e]/g, '.'))
}
