import { writeFileSync } from 'node:fs'
import { AudioError } from '../errors.js'

/** Bytes before the samples in a plain RIFF WAVE file. */
export const HEADER_BYTES = 44

export interface WavContent {
  /** Hz. */
  sampleRate: number
  /** Arrays of equal length, nominally in [-1, 1). */
  channels: readonly Float32Array[]
}

export interface EncodeWavOptions {
  /** `pcm16` (the default) clips to full scale and rounds; `float32` keeps every bit. */
  encoding?: 'pcm16' | 'float32'
}

/**
 * The bytes of a WAV file.
 *
 * @throws AudioError when there is no channel, lengths differ, the rate is not a positive integer, or a sample is NaN
 */
export function encodeWav(content: WavContent, options: EncodeWavOptions = {}): Uint8Array {
  const { channels, sampleRate } = content
  const samples = channels[0]?.length ?? 0
  if (channels.length === 0 || channels.length > 0xffff) {
    throw new AudioError(`a WAV file has 1 to 65535 channels, got ${channels.length}`)
  }
  if (channels.some((channel) => channel.length !== samples)) {
    throw new AudioError(`channels must have one length, got ${channels.map((channel) => channel.length).join(', ')} samples`)
  }
  if (!Number.isInteger(sampleRate) || sampleRate <= 0 || sampleRate > 0xffffffff) {
    throw new AudioError(`the sample rate must be a positive integer in Hz, got ${sampleRate}`)
  }
  const float = options.encoding === 'float32'
  const width = float ? 4 : 2
  const size = samples * channels.length * width
  if (size > 0xffffffff - HEADER_BYTES) throw new AudioError(`${size} bytes do not fit in a RIFF WAV file (4 GiB); split it`)
  const bytes = new Uint8Array(HEADER_BYTES + size)
  const view = new DataView(bytes.buffer)
  writeHeader(bytes, float ? 3 : 1, channels.length, sampleRate, width * 8, size)
  for (const [c, channel] of channels.entries()) {
    for (let i = 0, at = HEADER_BYTES + c * width; i < samples; i++, at += width * channels.length) {
      const value = channel[i]!
      if (Number.isNaN(value)) throw new AudioError(`sample ${i} of channel ${c} is NaN; a WAV file cannot be written`)
      if (float) view.setFloat32(at, value, true)
      else view.setInt16(at, Math.max(-32768, Math.min(32767, Math.round(value * 32768))), true)
    }
  }
  return bytes
}

/** Writes a WAV file; see {@link encodeWav}. */
export function writeWav(path: string, content: WavContent, options: EncodeWavOptions = {}): void {
  writeFileSync(path, encodeWav(content, options))
}

/** Writes the 44-byte header of a plain RIFF WAVE file. */
export function writeHeader(
  target: Uint8Array, formatTag: 1 | 3, channels: number, sampleRate: number, bits: number, dataSize: number,
): void {
  const view = new DataView(target.buffer, target.byteOffset)
  const text = (offset: number, value: string) => target.set(Buffer.from(value, 'latin1'), offset)
  const frame = channels * bits / 8
  text(0, 'RIFF')
  view.setUint32(4, HEADER_BYTES - 8 + dataSize + (dataSize & 1), true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, formatTag, true)
  view.setUint16(22, channels, true)
  view.setUint32(24, sampleRate, true)
  // The field is 32 bits wide; extreme rates wrap and no reader here depends on it.
  view.setUint32(28, sampleRate * frame, true)
  view.setUint16(32, frame, true)
  view.setUint16(34, bits, true)
  text(36, 'data')
  view.setUint32(40, dataSize, true)
}
