import { AudioError, Resampler, toMono, WavFile } from '@parlance/audio'
import { joinParts } from '../join-parts.js'

/** A path of a WAV file, the bytes of one, or samples (N), nominally in [-1, 1). */
export type SpeechInput = string | Uint8Array | Float32Array

/** Samples in one channel that are read at once, counted at the higher rate, and in all channels as they are stored. */
const BLOCK = 1 << 16
const BLOCK_OF_ALL = 1 << 20

/** One channel at a known rate, and how long the recording is. */
export interface Speech {
  /** Shape (N), nominally in [-1, 1). */
  samples: Float32Array
  /** Seconds. */
  duration: number
}

/** A recording as one channel at a known rate, read as it is needed. */
export interface SpeechSource {
  /** Seconds. */
  readonly duration: number
  /**
   * All samples in order, in portions of shape (N), nominally in [-1, 1).
   *
   * @param seconds of a portion, about; default whatever reads well
   */
  portions(seconds?: number): Iterable<Float32Array>
  close(): void
}

/**
 * Opens a recording, whatever rate and channels it has, without holding more of it than a portion.
 *
 * @param sampleRate Hz, of the portions
 * @param given Hz, of samples that are given directly. Default that of the portions
 * @throws AudioError, one line, for a file that is missing, empty, damaged or truncated, and for rates too far apart
 */
export function openSpeech(input: SpeechInput, sampleRate: number, given = sampleRate): SpeechSource {
  if (input instanceof Float32Array) return heldSpeech(input, given, resamplerOf('samples', given, sampleRate))
  const name = typeof input === 'string' ? input : 'standard input'
  const file = WavFile.open(input, { name })
  try {
    const resampler = resamplerOf(name, file.sampleRate, sampleRate)
    return {
      duration: file.samples / file.sampleRate,
      *portions(seconds = Infinity) {
        const most = Math.floor(BLOCK * Math.min(1, file.sampleRate / sampleRate))
        const size = Math.max(1, Math.min(most, Math.floor(BLOCK_OF_ALL / file.channelCount), Math.round(seconds * file.sampleRate)))
        for (const channels of file.blocks(size)) yield resampler.push(toMono(channels))
        yield resampler.finish()
      },
      close: () => file.close(),
    }
  } catch (error) {
    file.close()
    throw error
  }
}

/**
 * Reads a WAV file as one channel at `sampleRate` Hz, whatever it has.
 *
 * @throws AudioError, one line, for a file that is missing, empty, damaged or truncated
 */
export function readSpeech(input: SpeechInput, sampleRate: number): Speech {
  const source = openSpeech(input, sampleRate)
  try {
    return { samples: joinParts([...source.portions()]), duration: source.duration }
  } finally {
    source.close()
  }
}

function heldSpeech(samples: Float32Array, sampleRate: number, resampler: Resampler): SpeechSource {
  return {
    duration: samples.length / sampleRate,
    *portions(seconds = Infinity) {
      const size = Math.max(1, Math.min(BLOCK, Math.round(seconds * sampleRate)))
      for (let at = 0; at < samples.length; at += size) yield resampler.push(samples.subarray(at, at + size))
      yield resampler.finish()
    },
    close: () => {},
  }
}

/** @throws AudioError, one line, naming the file, for rates too far apart or no rates */
export function resamplerOf(name: string, from: number, to: number): Resampler {
  try {
    return new Resampler(from, to)
  } catch (error) {
    throw new AudioError(`${name}: ${(error as Error).message}`, { cause: error })
  }
}
