import { AudioError } from '../errors.js'
import { type ReadWavOptions, WavFile } from './file.js'

export interface Audio {
  /** Hz. */
  sampleRate: number
  /** One array per channel, all of length `samples`; integers are scaled to [-1, 1). */
  channels: Float32Array[]
  /** Samples per channel. */
  samples: number
}

/** The longest array of float32 that is asked for; more is for {@link WavFile}. */
const MOST_SAMPLES = 2 ** 31

/**
 * Reads a WAV file whole: integer PCM of 1 to 64 bits, float of 32 or 64 bits, A-law and µ-law, plain or
 * WAVE_FORMAT_EXTENSIBLE, in RIFF, RIFX or RF64. {@link WavFile} reads long ones piece by piece.
 *
 * @param source a path or the bytes of a file
 * @returns channels of float32 samples; integers are divided by their full scale, floats are left as they are
 * @throws AudioError for a missing, empty, damaged, truncated or unsupported file and for samples that are not finite
 */
export function readWav(source: string | Uint8Array, options: ReadWavOptions = {}): Audio {
  const file = WavFile.open(source, options)
  try {
    const { sampleRate, samples } = file
    if (samples > MOST_SAMPLES) {
      throw new AudioError(`${options.name ?? (typeof source === 'string' ? source : 'WAV data')}: ${samples} samples per channel are too many to hold; read it in blocks`)
    }
    return { sampleRate, channels: file.read(0, samples), samples }
  } finally {
    file.close()
  }
}

/**
 * The mean of all channels.
 *
 * @param audio of a whole file, or one block's channels
 * @returns shape (samples); the channel itself, not a copy, when there is only one
 */
export function toMono(audio: Audio | readonly Float32Array[]): Float32Array {
  const channels = 'channels' in audio ? audio.channels : audio
  if (channels.length === 1) return channels[0]!
  const mono = new Float32Array(channels[0]?.length ?? 0)
  for (const channel of channels) {
    for (let i = 0; i < mono.length; i++) mono[i]! += channel[i]!
  }
  const scale = 1 / channels.length
  for (let i = 0; i < mono.length; i++) mono[i]! *= scale
  return mono
}
