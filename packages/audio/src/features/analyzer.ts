import { RealFft } from '../fft/real-fft.js'
import { hashedUniform, normalPair } from '../random.js'
import type { FeatureConfig } from './config.js'
import { filtersFor } from './filters.js'
import { fftSizeOf } from './framing.js'
import type { MelFilterBank } from './mel.js'
import { windowFunction, type WindowName } from './window.js'

/** What is done to a frame before its spectrum is taken. */
interface FrameSettings {
  window: WindowName
  fftSize: number
  preEmphasis: number
  removeDc: boolean
  scale: number
  dither: number
  ditherSeed: number
}

/** How a spectral value becomes a feature: factor · ln(max(value, floor)). */
interface Compression {
  magnitude: boolean
  floor: number
  factor: number
}

/** The frame's log energy replaces the first value (Kaldi's spectrogram), follows the last (for cepstra), or is not needed. */
type EnergyPlace = 'first' | 'after' | 'none'

/**
 * One frame at a time: scaling, dither, DC removal, pre-emphasis and window in that order, then power spectrum, mel filters
 * (unless the features are a spectrogram) and logarithm. Owns its work buffers.
 */
export class FrameAnalyzer {
  /** Values that `analyze` writes. */
  readonly width: number
  private readonly settings: FrameSettings
  private readonly compression: Compression
  private readonly energy: EnergyPlace
  private readonly energyFloor: number
  private readonly plain: boolean
  private readonly window: Float64Array
  private readonly fft: RealFft
  private readonly bank: MelFilterBank | undefined
  private readonly frame: Float64Array
  private readonly power: Float64Array

  /**
   * @param length samples of a frame
   * @throws AudioError for more mel filters than the FFT can feed
   */
  constructor(config: FeatureConfig, readonly length: number) {
    const settings = settingsOf(config)
    this.settings = settings
    this.compression = compressionOf(config)
    this.energy = energyOf(config)
    this.energyFloor = config.convention === 'kaldi' ? config.energyFloor : 1
    this.plain = settings.preEmphasis === 0 && !settings.removeDc && settings.scale === 1 && settings.dither === 0 && this.energy === 'none'
    this.window = windowFunction(settings.window, length)
    this.fft = new RealFft(settings.fftSize)
    this.bank = config.kind === 'spectrogram' ? undefined : filtersFor(config, settings.fftSize)
    this.frame = new Float64Array(settings.fftSize)
    this.power = new Float64Array(settings.fftSize / 2 + 1)
    this.width = (this.bank ? this.bank.starts.length : this.power.length) + (this.energy === 'after' ? 1 : 0)
  }

  /**
   * @param samples hold the whole frame from place `from` on
   * @param t the frame's number, on which dither depends
   * @param out receives `width` values from place `at` on
   */
  analyze(samples: Float32Array, from: number, t: number, out: Float32Array, at: number): void {
    const { frame, window, length, power } = this
    let energy = 0
    if (this.plain) {
      for (let i = 0; i < length; i++) frame[i] = samples[from + i]! * window[i]!
    } else {
      energy = this.prepare(samples, from, t)
    }
    this.fft.powerSpectrum(frame, power)
    if (this.compression.magnitude) for (let k = 0; k < power.length; k++) power[k] = Math.sqrt(power[k]!)
    if (this.bank) this.filter(this.bank, out, at)
    else this.compress(power, out, at)
    if (this.energy === 'none') return
    out[this.energy === 'first' ? at : at + this.width - 1] = Math.log(Math.max(energy, this.energyFloor))
  }

  /** @returns the frame's energy before pre-emphasis and window */
  private prepare(samples: Float32Array, from: number, t: number): number {
    const { frame, window, length, settings: { scale, removeDc, preEmphasis, dither } } = this
    let sum = 0
    for (let i = 0; i < length; i++) {
      const value = samples[from + i]! * scale
      frame[i] = value
      sum += value
    }
    if (dither > 0) sum += this.addDither(t)
    const mean = removeDc ? sum / length : 0
    let energy = 0
    // The sample before the first is taken to be equal to it.
    let previous = frame[0]! - mean
    for (let i = 0; i < length; i++) {
      const value = frame[i]! - mean
      frame[i] = (value - preEmphasis * previous) * window[i]!
      energy += value * value
      previous = value
    }
    return energy
  }

  /** @returns the sum of what was added */
  private addDither(t: number): number {
    const { frame, length, settings: { dither, ditherSeed } } = this
    const pair = new Float64Array(2)
    let sum = 0
    for (let i = 0; i < length; i++) {
      if (i % 2 === 0) normalPair(hashedUniform(ditherSeed, t, i), hashedUniform(ditherSeed, t, i + 1), pair, 0)
      const noise = dither * pair[i % 2]!
      frame[i]! += noise
      sum += noise
    }
    return sum
  }

  private filter({ starts, offsets, weights }: MelFilterBank, out: Float32Array, at: number): void {
    const { power, compression: { floor, factor } } = this
    for (let b = 0; b < starts.length; b++) {
      const first = offsets[b]!
      const end = offsets[b + 1]!
      const shift = starts[b]! - first
      let value = 0
      for (let i = first; i < end; i++) value += weights[i]! * power[i + shift]!
      if (value < floor) value = floor
      out[at + b] = factor * Math.log(value)
    }
  }

  private compress(power: Float64Array, out: Float32Array, at: number): void {
    const { floor, factor } = this.compression
    for (let k = 0; k < power.length; k++) out[at + k] = factor * Math.log(Math.max(power[k]!, floor))
  }
}

function settingsOf(config: FeatureConfig): FrameSettings {
  const none = { preEmphasis: 0, removeDc: false, scale: 1, dither: 0, ditherSeed: 0 }
  const fftSize = fftSizeOf(config)
  if (config.convention === 'whisper' || config.convention === 'librosa') return { ...none, window: 'hann-periodic', fftSize }
  const { window, preEmphasis, removeDc, sampleScale: scale } = config
  const { dither, ditherSeed } = config.convention === 'kaldi' ? config : none
  return { window, preEmphasis, removeDc, scale, dither, ditherSeed, fftSize }
}

function compressionOf(config: FeatureConfig): Compression {
  switch (config.convention) {
    case 'kaldi': return { magnitude: false, floor: config.energyFloor, factor: 1 }
    case 'htk': return { magnitude: !config.usePower, floor: 1, factor: 1 }
    case 'whisper': return { magnitude: false, floor: 1e-10, factor: Math.LOG10E }
    case 'librosa': return config.power === 2
      ? { magnitude: false, floor: 1e-10, factor: 10 * Math.LOG10E }
      : { magnitude: true, floor: 1e-5, factor: 20 * Math.LOG10E }
  }
}

function energyOf(config: FeatureConfig): EnergyPlace {
  if (config.convention === 'kaldi') return config.kind === 'spectrogram' ? 'first' : config.kind === 'mfcc' && config.useEnergy ? 'after' : 'none'
  return config.convention === 'htk' && config.kind === 'mfcc' && config.last === 'energy' ? 'after' : 'none'
}
