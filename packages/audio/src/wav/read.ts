import { readFileSync } from 'node:fs'
import wavDecoder from 'wav-decoder'
import { AudioError } from '../errors.js'
import { parseWavHeader } from './header.js'
import { isLowAligned, plainLayout, writePlain } from './samples.js'
import { HEADER_BYTES, writeHeader } from './write.js'

export interface Audio {
  /** Hz. */
  sampleRate: number
  /** One array per channel, all of length `samples`; integers are scaled to [-1, 1). */
  channels: Float32Array[]
  /** Samples per channel. */
  samples: number
}

export interface ReadWavOptions {
  /** Accept a file that ends before its data does and return what is there (default false: an error). */
  allowTruncated?: boolean
  /** What to call the input in messages (default: the path, or "WAV data" for bytes). */
  name?: string
}

/** Samples decoded at a time, so that only the result is as long as the file. */
const BLOCK_SAMPLES = 1 << 16

/**
 * Reads a WAV file: integer PCM of 1 to 64 bits, float of 32 or 64 bits, A-law and µ-law, plain or
 * WAVE_FORMAT_EXTENSIBLE, in RIFF, RIFX or RF64.
 *
 * The header is validated before anything is allocated; sizes that a stream could not write (0, 0xffffffff and their
 * like) mean "to the end of the file".
 *
 * @param source a path or the bytes of a file
 * @returns channels of float32 samples; integers are divided by their full scale, floats are left as they are
 * @throws AudioError for a missing, empty, damaged, truncated or unsupported file and for samples that are not finite
 */
export function readWav(source: string | Uint8Array, options: ReadWavOptions = {}): Audio {
  const name = options.name ?? (typeof source === 'string' ? source : 'WAV data')
  const bytes = typeof source === 'string' ? readBytes(source) : source
  const header = parseWavHeader(bytes, name)
  if (header.promised !== undefined && header.promised > header.samples && !options.allowTruncated) {
    throw new AudioError(`${name}: truncated: the header promises ${header.promised} samples per channel, `
      + `${header.samples} are there; copy the file again, or allow truncated files to use what is there`)
  }
  const { samples, sampleRate } = header
  const frame = header.sampleBytes * header.channels
  const data = bytes.subarray(header.dataOffset, header.dataOffset + samples * frame)
  const lowAligned = isLowAligned(data, header)
  const layout = plainLayout(header)
  const channels = Array.from({ length: header.channels }, () => new Float32Array(samples))

  const blockFrames = Math.max(1, Math.min(samples, Math.floor(BLOCK_SAMPLES / header.channels)))
  const wav = new Uint8Array(HEADER_BYTES + blockFrames * header.channels * layout.bytes)
  for (let start = 0; start < samples; start += blockFrames) {
    const frames = Math.min(blockFrames, samples - start)
    const size = frames * header.channels * layout.bytes
    writeHeader(wav, layout.formatTag, header.channels, sampleRate, layout.bytes * 8, size)
    const block = data.subarray(start * frame, (start + frames) * frame)
    writePlain(block, header, lowAligned, layout, wav.subarray(HEADER_BYTES, HEADER_BYTES + size))
    const decoded = wavDecoder.decode.sync(wav.buffer, { symmetric: true })
    for (const [c, channel] of channels.entries()) channel.set(decoded.channelData[c]!, start)
  }
  if (header.encoding === 'float') checkFinite(channels, name)
  return { sampleRate, channels, samples }
}

/**
 * The mean of all channels.
 *
 * @returns shape (samples); the channel itself, not a copy, when there is only one
 */
export function toMono(audio: Audio): Float32Array {
  if (audio.channels.length === 1) return audio.channels[0]!
  const mono = new Float32Array(audio.samples)
  for (const channel of audio.channels) {
    for (let i = 0; i < mono.length; i++) mono[i]! += channel[i]!
  }
  const scale = 1 / audio.channels.length
  for (let i = 0; i < mono.length; i++) mono[i]! *= scale
  return mono
}

function checkFinite(channels: Float32Array[], name: string): void {
  for (const [c, channel] of channels.entries()) {
    for (let i = 0; i < channel.length; i++) {
      if (!Number.isFinite(channel[i])) {
        throw new AudioError(`${name}: sample ${i} of channel ${c} is ${channel[i]}; repair the file or encode it as PCM`)
      }
    }
  }
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    const what = code === 'ENOENT' ? 'no such file'
      : code === 'ERR_FS_FILE_TOO_LARGE' ? 'larger than 2 GiB; split it'
        : code === 'EISDIR' ? 'a folder, not a WAV file' : `cannot be read (${code ?? String(cause)})`
    throw new AudioError(`${path}: ${what}`, { cause })
  }
}
