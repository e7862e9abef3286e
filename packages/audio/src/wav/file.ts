import wavDecoder from 'wav-decoder'
import { AudioError } from '../errors.js'
import { parseWavHeader, type WavHeader } from './header.js'
import { isLowAligned, plainLayout, type PlainLayout, writePlain } from './samples.js'
import { type ByteSource, byteSource } from './source.js'
import { HEADER_BYTES, writeHeader } from './write.js'

export interface ReadWavOptions {
  /** Accept a file that ends before its data does and return what is there (default false: an error). */
  allowTruncated?: boolean
  /** What to call the input in messages (default: the path, or "WAV data" for bytes). */
  name?: string
}

/** Samples decoded at a time, so that only the result is as long as the file. */
const BLOCK_SAMPLES = 1 << 16

/**
 * An open WAV file of any length: samples are read where they are asked for.
 *
 *     const file = WavFile.open('ten-hours.wav')
 *     for (const channels of file.blocks()) stream.push(toMono(channels))
 *     file.close()
 */
export class WavFile {
  private readonly layout: PlainLayout
  /** A small WAV file that the decoder is given, again and again. */
  private block = new Uint8Array(0)

  private constructor(
    private readonly source: ByteSource,
    private readonly header: WavHeader,
    private readonly lowAligned: boolean,
    private readonly name: string,
  ) {
    this.layout = plainLayout(header)
  }

  /**
   * Opens a file and validates its header before anything is allocated; sizes that a stream could not write (0, 0xffffffff
   * and their like) mean "to the end of the file".
   *
   * @param source a path or the bytes of a file
   * @throws AudioError for a missing, empty, damaged, truncated or unsupported file
   */
  static open(source: string | Uint8Array, options: ReadWavOptions = {}): WavFile {
    const name = options.name ?? (typeof source === 'string' ? source : 'WAV data')
    const bytes = byteSource(source)
    try {
      const header = parseWavHeader(bytes, name)
      if (header.promised !== undefined && header.promised > header.samples && !options.allowTruncated) {
        throw new AudioError(`${name}: truncated: the header promises ${header.promised} samples per channel, `
          + `${header.samples} are there; copy the file again, or allow truncated files to use what is there`)
      }
      return new WavFile(bytes, header, isLowAligned(rawBlocks(bytes, header), header), name)
    } catch (error) {
      bytes.close()
      throw error
    }
  }

  /** Hz. */
  get sampleRate(): number {
    return this.header.sampleRate
  }

  /** Number of channels. */
  get channelCount(): number {
    return this.header.channels
  }

  /** Samples per channel. */
  get samples(): number {
    return this.header.samples
  }

  /**
   * Decodes a stretch.
   *
   * @param from first sample
   * @param count samples wanted; fewer come back at the end of the file
   * @returns one array per channel; integers are divided by their full scale, floats are left as they are
   * @throws AudioError for samples that are not finite
   */
  read(from: number, count: number): Float32Array[] {
    const start = Math.max(0, Math.min(from, this.samples))
    const length = Math.max(0, Math.min(count, this.samples - start))
    const channels = Array.from({ length: this.channelCount }, () => new Float32Array(length))
    const step = framesAtATime(this.header)
    for (let done = 0; done < length; done += step) this.decode(start + done, Math.min(step, length - done), channels, done)
    return channels
  }

  /** All samples in order, `size` at a time (the last block may be shorter), one array per channel. */
  *blocks(size = BLOCK_SAMPLES): Generator<Float32Array[]> {
    for (let from = 0; from < this.samples; from += size) yield this.read(from, size)
  }

  /** Closes the file; nothing can be read afterwards. */
  close(): void {
    this.source.close()
  }

  private decode(from: number, frames: number, channels: Float32Array[], at: number): void {
    const { header, layout, name } = this
    const count = channels.length
    const frame = header.sampleBytes * count
    const size = frames * count * layout.bytes
    if (this.block.length < HEADER_BYTES + size) this.block = new Uint8Array(HEADER_BYTES + size)
    // The decoder is given one channel, interleaved as stored: its header has no room for the frames of thousands of them.
    writeHeader(this.block, layout.formatTag, 1, header.sampleRate, layout.bytes * 8, size)
    const first = header.dataOffset + from * frame
    writePlain(this.source.read(first, first + frames * frame), header, this.lowAligned, layout, this.block.subarray(HEADER_BYTES, HEADER_BYTES + size))
    // The buffer may be longer than this block; the decoder stops where the header says.
    const decoded = wavDecoder.decode.sync(this.block.buffer, { symmetric: true }).channelData[0]!
    if (header.encoding === 'float') checkFinite(decoded, from, count, name)
    if (count === 1) {
      channels[0]!.set(decoded, at)
      return
    }
    for (const [c, channel] of channels.entries()) {
      for (let i = 0, k = c; i < frames; i++, k += count) channel[at + i] = decoded[k]!
    }
  }
}

function framesAtATime({ channels }: WavHeader): number {
  return Math.max(1, Math.floor(BLOCK_SAMPLES / channels))
}

function* rawBlocks(source: ByteSource, header: WavHeader): Generator<Uint8Array> {
  const { samples, dataOffset } = header
  const frame = header.sampleBytes * header.channels
  const step = framesAtATime(header)
  for (let from = 0; from < samples; from += step) {
    yield source.read(dataOffset + from * frame, dataOffset + Math.min(samples, from + step) * frame)
  }
}

function checkFinite(interleaved: Float32Array, from: number, channels: number, name: string): void {
  for (let i = 0; i < interleaved.length; i++) {
    if (!Number.isFinite(interleaved[i])) {
      throw new AudioError(`${name}: sample ${from + Math.floor(i / channels)} of channel ${i % channels} is ${interleaved[i]}; `
        + 'repair the file or encode it as PCM')
    }
  }
}
