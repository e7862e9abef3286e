import { type FeatureConfig, type FeatureOptions, parseFeatureConfig, samplesIn, upperEdge } from './config.js'
import { AudioError } from '../errors.js'
import { RealFft } from '../fft/real-fft.js'
import { melFilterBank, type MelFilterBank, type MelFilterOptions } from './mel.js'
import { windowFunction } from './window.js'

/** A matrix of features, row-major, shape (frames, bins). */
export interface Features {
  frames: number
  bins: number
  data: Float32Array
}

/** How frames are laid over the signal. */
interface Framing {
  length: number
  shift: number
  count(samples: number): number
  /** First sample of frame t; may lie before or after the signal. */
  start(t: number): number
  /** The sample that stands for one outside the signal. */
  mirror(index: number, samples: number): number
}

/**
 * Log-mel features of many signals with one set of tables and buffers.
 *
 * samples (N) → frames (T, length) → windowed → power spectrum (T, fftSize / 2 + 1) → mel energies (T, bins) → log
 */
export class FeatureExtractor {
  readonly config: FeatureConfig
  private readonly framing: Framing
  private readonly window: Float64Array
  private readonly fft: RealFft
  private readonly bank: MelFilterBank
  private readonly frame: Float64Array
  private readonly power: Float64Array

  /** @throws AudioError for a config that is wrong or has more mel filters than the FFT can feed */
  constructor(options: FeatureOptions = {}) {
    const config = parseFeatureConfig(options)
    this.config = config
    this.framing = config.convention === 'whisper' ? whisperFraming() : kaldiFraming(config)
    const { length } = this.framing
    const fftSize = config.convention === 'whisper' ? length : 2 ** Math.ceil(Math.log2(length))
    this.window = windowFunction(config.convention === 'whisper' ? 'hann-periodic' : config.window, length)
    this.fft = new RealFft(fftSize)
    this.bank = filtersFor(config, fftSize)
    this.frame = new Float64Array(fftSize)
    this.power = new Float64Array(fftSize / 2 + 1)
  }

  /**
   * @param samples shape (N), at the config's sample rate, nominally in [-1, 1)
   * @returns shape (T, bins); T is 0 for a signal shorter than one frame
   */
  compute(samples: Float32Array): Features {
    const { bins } = this.config
    const frames = this.framing.count(samples.length)
    const data = new Float32Array(frames * bins)
    for (let t = 0; t < frames; t++) {
      this.loadFrame(samples, t)
      this.fft.powerSpectrum(this.frame, this.power)
      this.logMel(data, t * bins)
    }
    if (this.config.convention === 'whisper') scaleAsWhisper(data)
    return { frames, bins, data }
  }

  /** Copies one frame and applies scaling, DC removal, pre-emphasis and window, in that order. */
  private loadFrame(samples: Float32Array, t: number): void {
    const { frame, window, framing, config } = this
    const { length } = framing
    const start = framing.start(t)
    if (start >= 0 && start + length <= samples.length) {
      for (let i = 0; i < length; i++) frame[i] = samples[start + i]!
    } else {
      for (let i = 0; i < length; i++) {
        const at = start + i
        frame[i] = samples[at >= 0 && at < samples.length ? at : framing.mirror(at, samples.length)]!
      }
    }
    if (config.convention === 'whisper') {
      for (let i = 0; i < length; i++) frame[i]! *= window[i]!
      return
    }
    let mean = 0
    if (config.removeDc) {
      for (let i = 0; i < length; i++) mean += frame[i]!
      mean /= length
    }
    const { sampleScale, preEmphasis } = config
    // The sample before the first is taken to be equal to it.
    let previous = (frame[0]! - mean) * sampleScale
    for (let i = 0; i < length; i++) {
      const value = (frame[i]! - mean) * sampleScale
      frame[i] = (value - preEmphasis * previous) * window[i]!
      previous = value
    }
  }

  private logMel(data: Float32Array, at: number): void {
    const { power, bank: { starts, offsets, weights } } = this
    const whisper = this.config.convention === 'whisper'
    const floor = this.config.convention === 'whisper' ? 1e-10 : this.config.energyFloor
    for (let b = 0; b < starts.length; b++) {
      const first = offsets[b]!
      const end = offsets[b + 1]!
      const shift = starts[b]! - first
      let energy = 0
      for (let i = first; i < end; i++) energy += weights[i]! * power[i + shift]!
      if (energy < floor) energy = floor
      data[at + b] = whisper ? Math.log10(energy) : Math.log(energy)
    }
  }
}

/** The log-mel features of one signal; for many, keep a {@link FeatureExtractor}. */
export function computeFeatures(samples: Float32Array, options: FeatureOptions = {}): Features {
  return new FeatureExtractor(options).compute(samples)
}

function kaldiFraming(config: Extract<FeatureConfig, { convention: 'kaldi' }>): Framing {
  const length = samplesIn(config.frameLength, config.sampleRate)
  const shift = samplesIn(config.frameShift, config.sampleRate)
  if (config.snipEdges) {
    return {
      length, shift,
      count: (samples) => (samples < length ? 0 : 1 + Math.floor((samples - length) / shift)),
      start: (t) => t * shift,
      mirror: () => 0,
    }
  }
  const offset = Math.trunc(shift / 2) - Math.trunc(length / 2)
  return {
    length, shift,
    count: (samples) => Math.floor((samples + Math.trunc(shift / 2)) / shift),
    start: (t) => t * shift + offset,
    mirror: (index, samples) => {
      let at = index
      while (at < 0 || at >= samples) at = at < 0 ? -at - 1 : 2 * samples - 1 - at
      return at
    },
  }
}

/** torch.stft with centred frames, the last one dropped; the mirror does not repeat the end samples. */
function whisperFraming(): Framing {
  const length = 400
  const shift = 160
  return {
    length, shift,
    count: (samples) => Math.floor(samples / shift),
    start: (t) => t * shift - length / 2,
    mirror: (index, samples) => {
      let at = index
      while (at < 0 || at >= samples) at = at < 0 ? -at : 2 * samples - 2 - at
      return at
    },
  }
}

function filtersFor(config: FeatureConfig, fftSize: number): MelFilterBank {
  const { sampleRate } = config
  const options: Omit<MelFilterOptions, 'bins'> = config.convention === 'whisper'
    ? { sampleRate, fftSize, lowFrequency: 0, highFrequency: 8000, scale: 'slaney', triangles: 'hertz', normalization: 'area' }
    : {
        sampleRate, fftSize, lowFrequency: config.lowFrequency, highFrequency: upperEdge(config),
        scale: 'htk', triangles: 'mel', normalization: 'none',
      }
  const bank = melFilterBank({ ...options, bins: config.bins })
  if (!hasEmptyFilter(bank)) return bank
  // Counted from below: which counts leave a filter empty is not monotone.
  let most = 0
  while (!hasEmptyFilter(melFilterBank({ ...options, bins: most + 1 }))) most++
  throw new AudioError(`feature config: ${config.bins} mel filters are too many for a ${fftSize}-point FFT at ${sampleRate} Hz `
    + `(some would see nothing); use ${most} or fewer bins, or a longer frameLength`)
}

function hasEmptyFilter({ offsets }: MelFilterBank): boolean {
  return offsets.some((offset, b) => b > 0 && offset === offsets[b - 1])
}

/** Limits the range to 8 decades below the utterance's maximum and maps it to about [-1, 1]. */
function scaleAsWhisper(data: Float32Array): void {
  let largest = -Infinity
  for (const value of data) if (value > largest) largest = value
  for (let i = 0; i < data.length; i++) data[i] = (Math.max(data[i]!, largest - 8) + 4) / 4
}
