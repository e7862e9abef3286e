import { readWav, resample, toMono } from '@parlance/audio'

/** One channel at a known rate, and how long the recording is. */
export interface Speech {
  /** Shape (N), nominally in [-1, 1). */
  samples: Float32Array
  /** Seconds. */
  duration: number
}

/**
 * Reads a WAV file as one channel at `sampleRate` Hz, whatever it has.
 *
 * @throws AudioError, one line, for a file that is missing, empty, damaged or truncated
 */
export function readSpeech(file: string, sampleRate: number): Speech {
  const audio = readWav(file)
  return {
    samples: resample(toMono(audio), audio.sampleRate, sampleRate),
    duration: audio.samples / audio.sampleRate,
  }
}
