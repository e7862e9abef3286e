/** `htk`: 1127 ln(1 + f / 700) (HTK, Kaldi). `slaney`: linear below 1 kHz, logarithmic above (Auditory Toolbox, librosa, Whisper). */
export type MelScale = 'htk' | 'slaney'

const SLANEY_STEP = 200 / 3
const SLANEY_CORNER = 1000
const SLANEY_LOG_STEP = Math.log(6.4) / 27

/** Frequency in Hz to mel. */
export function hertzToMel(hertz: number, scale: MelScale): number {
  if (scale === 'htk') return 1127.0 * Math.log1p(hertz / 700)
  return hertz < SLANEY_CORNER
    ? hertz / SLANEY_STEP
    : SLANEY_CORNER / SLANEY_STEP + Math.log(hertz / SLANEY_CORNER) / SLANEY_LOG_STEP
}

/** Mel to frequency in Hz. */
export function melToHertz(mel: number, scale: MelScale): number {
  if (scale === 'htk') return 700 * Math.expm1(mel / 1127.0)
  const corner = SLANEY_CORNER / SLANEY_STEP
  return mel < corner ? mel * SLANEY_STEP : SLANEY_CORNER * Math.exp((mel - corner) * SLANEY_LOG_STEP)
}

export interface MelFilterOptions {
  /** Hz. */
  sampleRate: number
  fftSize: number
  /** Number of filters. */
  bins: number
  /** Lower edge of the first filter, Hz. */
  lowFrequency: number
  /** Upper edge of the last filter, Hz, at most half the sample rate. */
  highFrequency: number
  scale: MelScale
  /** The axis on which a filter's flanks are straight lines: `mel` in HTK and Kaldi, `hertz` in librosa and Whisper. */
  triangles: 'mel' | 'hertz'
  /** `area` divides each filter by half its width in Hz (librosa's "slaney" norm); `none` leaves a height of 1. */
  normalization: 'none' | 'area'
  /** FFT bins that are used at all, first and last (default: every one). */
  range?: readonly [first: number, last: number]
}

/**
 * The FFT bins that HTK's filters see: its rounding leaves out the first or the first two bins above the lower edge,
 * and 0 Hz always (the HTK Book 3.4, section 5.4; `InitFBank`).
 */
export function htkRange(lowFrequency: number, highFrequency: number, sampleRate: number, fftSize: number): [first: number, last: number] {
  const resolution = sampleRate / fftSize
  return [
    Math.max(1, Math.floor(lowFrequency / resolution + 1.5)),
    Math.min(fftSize / 2, Math.floor(highFrequency / resolution + 0.5)) - 1,
  ]
}

/** A filter bank without its zeros: filter b weighs FFT bins `starts[b]` … with `weights[offsets[b]]` … `[offsets[b + 1] - 1]`. */
export interface MelFilterBank {
  /** Shape (bins). */
  starts: Int32Array
  /** Shape (bins + 1). */
  offsets: Int32Array
  weights: Float64Array
}

/** Triangular filters, equally spaced on the mel scale, over the FFT bins 0 … fftSize / 2. A filter may cover no bin at all. */
export function melFilterBank(options: MelFilterOptions): MelFilterBank {
  const { sampleRate, fftSize, bins, scale, range: [from, to] = [0, fftSize / 2] } = options
  const lowMel = hertzToMel(options.lowFrequency, scale)
  const step = (hertzToMel(options.highFrequency, scale) - lowMel) / (bins + 1)
  const onAxis = (mel: number) => (options.triangles === 'mel' ? mel : melToHertz(mel, scale))
  const places = Float64Array.from({ length: fftSize / 2 + 1 }, (_, k) => {
    const hertz = k * sampleRate / fftSize
    return options.triangles === 'mel' ? hertzToMel(hertz, scale) : hertz
  })

  const starts = new Int32Array(bins)
  const offsets = new Int32Array(bins + 1)
  const weights: number[] = []
  for (let b = 0; b < bins; b++) {
    const left = onAxis(lowMel + b * step)
    const centre = onAxis(lowMel + (b + 1) * step)
    const right = onAxis(lowMel + (b + 2) * step)
    const height = options.normalization === 'area'
      ? 2 / (melToHertz(lowMel + (b + 2) * step, scale) - melToHertz(lowMel + b * step, scale))
      : 1
    for (let k = from; k <= to; k++) {
      const place = places[k]!
      if (place <= left || place >= right) continue
      if (weights.length === offsets[b]) starts[b] = k
      weights.push(height * (place <= centre ? (place - left) / (centre - left) : (right - place) / (right - centre)))
    }
    offsets[b + 1] = weights.length
  }
  return { starts, offsets, weights: Float64Array.from(weights) }
}
