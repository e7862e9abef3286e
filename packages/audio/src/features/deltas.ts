import type { Features } from './matrix.js'

/** Frames on either side that a regression looks at. */
const WINDOW = 2

/**
 * How second differences meet the ends: HTK differentiates the first differences again, Kaldi applies the two filters'
 * convolution to the features themselves; inside they are equal.
 */
export type DeltaConvention = 'htk' | 'kaldi'

/** Filters over neighbouring frames, by what they are applied to. */
interface DeltaFilter {
  taps: number[]
  /** 0: the features; 1: the first differences. */
  source: 0 | 1
}

/** d_t = Σ θ (c_{t+θ} - c_{t-θ}) / (2 Σ θ²), θ = 1 … 2 (the HTK Book 3.4, section 5.9). */
const REGRESSION = Array.from({ length: 2 * WINDOW + 1 }, (_, i) => (i - WINDOW) / 10)

function filtersOf(order: 1 | 2, convention: DeltaConvention): DeltaFilter[] {
  const first: DeltaFilter = { taps: REGRESSION, source: 0 }
  if (order === 1) return [first]
  if (convention === 'htk') return [first, { taps: REGRESSION, source: 1 }]
  const taps = new Array<number>(4 * WINDOW + 1).fill(0)
  for (const [i, a] of REGRESSION.entries()) for (const [j, b] of REGRESSION.entries()) taps[i + j]! += a * b
  return [first, { taps, source: 0 }]
}

/**
 * Appends first (order 1) and second (order 2) differences to features; the end frames repeat beyond the ends.
 *
 * @param features shape (T, F)
 * @returns shape (T, (order + 1) F): the features, then the first, then the second differences
 */
export function addDeltas(features: Features, order: 1 | 2, convention: DeltaConvention): Features {
  const { frames, bins, data } = features
  const parts = [data]
  for (const { taps, source } of filtersOf(order, convention)) parts.push(filtered(parts[source]!, frames, bins, taps))
  const width = bins * parts.length
  const joined = new Float32Array(frames * width)
  for (const [k, part] of parts.entries()) {
    for (let t = 0; t < frames; t++) joined.set(part.subarray(t * bins, (t + 1) * bins), t * width + k * bins)
  }
  return { frames, bins: width, data: joined }
}

function filtered(data: Float32Array, frames: number, bins: number, taps: readonly number[]): Float32Array {
  const reach = (taps.length - 1) / 2
  const result = new Float32Array(data.length)
  const sums = new Float64Array(bins)
  for (let t = 0; t < frames; t++) {
    sums.fill(0)
    for (const [i, tap] of taps.entries()) {
      const row = Math.min(frames - 1, Math.max(0, t + i - reach)) * bins
      for (let b = 0; b < bins; b++) sums[b]! += tap * data[row + b]!
    }
    for (let b = 0; b < bins; b++) result[t * bins + b] = sums[b]!
  }
  return result
}

/**
 * {@link addDeltas} of features that arrive in pieces: a frame is given out when the `2 · order` frames after it are known.
 * The context that is kept is twice as long, so that ends and pieces meet exactly as in the whole.
 */
export class DeltaStream {
  private held = new Float32Array(0)
  /** Frames at the front of `held` that have been given out already. */
  private done = 0
  private readonly reach: number

  constructor(private readonly bins: number, private readonly order: 1 | 2, private readonly convention: DeltaConvention) {
    this.reach = WINDOW * order
  }

  /** @returns the frames that are settled, shape (T, (order + 1) F) */
  push(data: Float32Array): Float32Array {
    const joined = new Float32Array(this.held.length + data.length)
    joined.set(this.held)
    joined.set(data, this.held.length)
    this.held = joined
    return this.give(joined.length / this.bins - this.reach)
  }

  /** @returns the remaining frames */
  finish(): Float32Array {
    return this.give(this.held.length / this.bins)
  }

  private give(until: number): Float32Array {
    if (until <= this.done) return new Float32Array(0)
    const { bins } = this
    const all = addDeltas({ frames: this.held.length / bins, bins, data: this.held }, this.order, this.convention)
    const given = all.data.slice(this.done * all.bins, until * all.bins)
    // What lies further back than both filters reach no longer matters.
    const dropped = Math.max(0, until - this.reach)
    this.held = this.held.slice(dropped * bins)
    this.done = until - dropped
    return given
  }
}
