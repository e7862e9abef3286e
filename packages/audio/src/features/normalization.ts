import { AudioError } from '../errors.js'
import type { Features } from './matrix.js'

/** Per-bin statistics over frames; plain arrays, so that they can be stored as JSON. */
export interface FeatureStats {
  frames: number
  /** Shape (bins). */
  mean: number[]
  /** Standard deviation, shape (bins). */
  deviation: number[]
}

/** A bin that never changes is divided by this instead of by zero. */
export const DEVIATION_FLOOR = 1e-5

/**
 * Mean and standard deviation of every bin over all frames of all utterances.
 *
 * @param utterances each of shape (T, bins), the same bins throughout
 * @throws AudioError when there is no frame or the widths differ
 */
export function featureStats(utterances: Iterable<Features>): FeatureStats {
  let frames = 0
  let mean = new Float64Array(0)
  let squares = new Float64Array(0)
  for (const { bins, data, frames: count } of utterances) {
    if (frames === 0) {
      mean = new Float64Array(bins)
      squares = new Float64Array(bins)
    } else if (bins !== mean.length) {
      throw new AudioError(`features of ${mean.length} and of ${bins} bins cannot share statistics; use one feature config`)
    }
    // Welford's update: no cancellation, however far the mean is from zero.
    for (let t = 0; t < count; t++) {
      frames++
      for (let b = 0; b < bins; b++) {
        const difference = data[t * bins + b]! - mean[b]!
        mean[b]! += difference / frames
        squares[b]! += difference * (data[t * bins + b]! - mean[b]!)
      }
    }
  }
  if (frames === 0) throw new AudioError('no frames to take statistics from; the audio is shorter than one frame')
  return { frames, mean: [...mean], deviation: [...squares].map((sum) => Math.sqrt(sum / frames)) }
}

/**
 * Cepstral-style mean and variance normalisation: (x - mean) / deviation, per bin.
 *
 * @param features shape (T, bins)
 * @param stats those of a whole corpus; left out, the utterance's own
 * @returns new features of the same shape
 * @throws AudioError when the widths differ
 */
export function normalizeFeatures(features: Features, stats?: FeatureStats): Features {
  const { frames, bins, data } = features
  if (frames === 0) return { frames, bins, data: new Float32Array(0) }
  const { mean, deviation } = stats ?? featureStats([features])
  if (mean.length !== bins) {
    throw new AudioError(`statistics of ${mean.length} bins do not fit features of ${bins}; use those of the same feature config`)
  }
  const scale = Float64Array.from(deviation, (value) => 1 / Math.max(value, DEVIATION_FLOOR))
  const normalized = new Float32Array(data.length)
  for (let i = 0, b = 0; i < data.length; i++) {
    normalized[i] = (data[i]! - mean[b]!) * scale[b]!
    if (++b === bins) b = 0
  }
  return { frames, bins, data: normalized }
}
