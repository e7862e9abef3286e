import { type FeatureConfig, samplesIn } from './config.js'

/** What lies beyond the ends: nothing is ever asked for, zeros, or the signal mirrored at (`reflect`) or beside (`symmetric`) its end samples. */
type Padding = 'none' | 'zeros' | 'reflect' | 'symmetric'

/** How frames are laid over a signal; all in samples. */
export interface Framing {
  length: number
  shift: number
  /** Frame t starts at t · shift + offset, which may lie before the signal. */
  offset: number
  padding: Padding
  /** Frames of a signal of `samples` samples. */
  count(samples: number): number
}

/** Points of the transform: the frame's samples, where a convention does not say so rounded up to a power of two. */
export function fftSizeOf(config: FeatureConfig): number {
  if (config.convention === 'whisper') return 400
  if (config.convention === 'librosa') return config.fftSize
  return 2 ** Math.ceil(Math.log2(samplesIn(config.frameLength, config.sampleRate)))
}

export function framingOf(config: FeatureConfig): Framing {
  if (config.convention === 'whisper') {
    // torch.stft with centred frames, the last one dropped.
    return { length: 400, shift: 160, offset: -200, padding: 'reflect', count: (samples) => Math.floor(samples / 160) }
  }
  if (config.convention === 'librosa') {
    const { fftSize, hopLength: shift, windowLength: length = fftSize, center } = config
    const inside = Math.floor((fftSize - length) / 2)
    if (!center) return { ...inner(fftSize, shift), length, offset: inside }
    return {
      length, shift, padding: config.padding,
      offset: inside - fftSize / 2,
      count: (samples) => (samples === 0 ? 0 : 1 + Math.floor(samples / shift)),
    }
  }
  const length = samplesIn(config.frameLength, config.sampleRate)
  const shift = samplesIn(config.frameShift, config.sampleRate)
  if (config.convention === 'htk' || config.snipEdges) return inner(length, shift)
  return {
    length, shift, padding: 'symmetric',
    offset: Math.trunc(shift / 2) - Math.trunc(length / 2),
    count: (samples) => Math.floor((samples + Math.trunc(shift / 2)) / shift),
  }
}

/** Only frames that lie wholly inside the signal. */
function inner(length: number, shift: number): Framing {
  return {
    length, shift, offset: 0, padding: 'none',
    count: (samples) => (samples < length ? 0 : 1 + Math.floor((samples - length) / shift)),
  }
}

/** Which sample of a signal of `samples` stands for the one at `index` outside it; -1 for a zero. */
export function padded(index: number, samples: number, padding: Padding): number {
  if (padding === 'zeros' || padding === 'none') return -1
  const period = padding === 'symmetric' ? 2 * samples : Math.max(1, 2 * samples - 2)
  const at = ((index % period) + period) % period
  return at < samples ? at : period - at - (padding === 'symmetric' ? 1 : 0)
}
