import { AudioError } from '../errors.js'
import type { Features } from './matrix.js'
import { DEVIATION_FLOOR } from './normalization.js'

export interface SlidingOptions {
  /** Frames of the window. Default 600, 6 seconds. */
  window?: number
  /** The window lies around each frame; otherwise before it. Default false, which can be streamed. */
  centre?: boolean
  /** Without `centre`: the first frames look ahead until the window has this many. Default 100. */
  least?: number
  /** Divide by the window's deviation as well. Default false. */
  variance?: boolean
}

/**
 * Mean (and variance) normalisation over a window that moves along, as Kaldi's `apply-cmvn-sliding` lays it: a centred
 * window is shifted inwards at the ends, one that looks back grows from `least` frames to `window` + 1.
 *
 * @param features shape (T, F)
 * @returns new features of the same shape
 * @throws AudioError for a window that is no positive whole number
 */
export function slidingNormalize(features: Features, options: SlidingOptions = {}): Features {
  const { frames, bins, data } = features
  const normalizer = new Windowed(bins, options)
  return { frames, bins, data: normalizer.rows(data, 0, 0, frames, frames) }
}

/**
 * {@link slidingNormalize} of features that arrive in pieces, with equal values; the window looks back. Nothing is given
 * out before `least` frames have arrived.
 */
export class SlidingNormalizer {
  private readonly normalizer: Windowed
  private held = new Float32Array(0)
  /** Number of the first held frame. */
  private start = 0
  private next = 0

  constructor(private readonly bins: number, options: Omit<SlidingOptions, 'centre'> = {}) {
    this.normalizer = new Windowed(bins, options)
  }

  /** @returns the frames that are settled, shape (T, F) */
  push(features: Features): Features {
    const joined = new Float32Array(this.held.length + features.data.length)
    joined.set(this.held)
    joined.set(features.data, this.held.length)
    this.held = joined
    return this.give(this.next > 0 || this.end >= this.normalizer.least ? this.end : 0)
  }

  /** @returns the remaining frames */
  finish(): Features {
    return this.give(this.end)
  }

  private get end(): number {
    return this.start + this.held.length / this.bins
  }

  private give(until: number): Features {
    const { bins, normalizer } = this
    const data = normalizer.rows(this.held, this.start, this.next, until, this.end)
    const frames = until - this.next
    this.next = until
    const first = Math.max(this.start, until - normalizer.window - 1)
    this.held = this.held.slice((first - this.start) * bins)
    this.start = first
    return { frames, bins, data }
  }
}

/** Running sums over a window that only ever moves forward. */
class Windowed {
  readonly window: number
  readonly least: number
  private readonly centre: boolean
  private readonly variance: boolean
  private readonly sums: Float64Array
  private readonly squares: Float64Array
  private from = 0
  private to = 0

  constructor(private readonly bins: number, { window = 600, centre = false, least = 100, variance = false }: SlidingOptions) {
    for (const [name, value] of [['window', window], ['least', least]] as const) {
      if (!Number.isSafeInteger(value) || value < 1) throw new AudioError(`sliding normalisation: ${name} must be a whole number of 1 or more frames, got ${value}`)
    }
    this.window = window
    this.least = Math.min(least, window)
    this.centre = centre
    this.variance = variance
    this.sums = new Float64Array(bins)
    this.squares = new Float64Array(bins)
  }

  /** Normalised frames `first` up to `until` of a signal of `frames` frames, of which `data` holds those from `start` on. */
  rows(data: Float32Array, start: number, first: number, until: number, frames: number): Float32Array {
    const { bins } = this
    const result = new Float32Array(Math.max(0, until - first) * bins)
    for (let t = first, out = 0; t < until; t++, out += bins) {
      const [from, to] = this.place(t, frames)
      while (this.to < to) this.add(data, (this.to++ - start) * bins, 1)
      while (this.from < from) this.add(data, (this.from++ - start) * bins, -1)
      const count = to - from
      for (let b = 0; b < bins; b++) {
        const mean = this.sums[b]! / count
        const value = data[(t - start) * bins + b]! - mean
        if (!this.variance) result[out + b] = value
        else result[out + b] = value / Math.max(DEVIATION_FLOOR, Math.sqrt(Math.max(0, this.squares[b]! / count - mean * mean)))
      }
    }
    return result
  }

  private place(t: number, frames: number): [from: number, to: number] {
    if (!this.centre) return [Math.max(0, t - this.window), Math.max(t + 1, Math.min(this.least, frames))]
    const from = Math.max(0, Math.min(t - (this.window >> 1), frames - this.window))
    return [from, Math.min(frames, from + this.window)]
  }

  private add(data: Float32Array, at: number, sign: 1 | -1): void {
    for (let b = 0; b < this.bins; b++) {
      const value = data[at + b]!
      this.sums[b]! += sign * value
      this.squares[b]! += sign * value * value
    }
  }
}
