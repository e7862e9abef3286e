import { AudioError } from '../errors.js'
import type { Features } from '../features/matrix.js'
import type { RandomSource } from '../random.js'

export interface SpecAugmentOptions {
  /** Stretches of time that are hidden. Default 2. */
  timeMasks?: number
  /** Frames of a stretch at most (T of the paper). Default 50. */
  timeMaskFrames?: number
  /** Share of all frames that one stretch covers at most (p of the paper). Default 0.2. */
  timeMaskShare?: number
  /** Bands of frequency that are hidden. Default 2. */
  frequencyMasks?: number
  /** Bins of a band at most (F of the paper). Default 27. */
  frequencyMaskBins?: number
  /** Frames by which a point in the middle moves at most (W of the paper). Default 0: no warping. */
  timeWarp?: number
  /** Shape (F): what a hidden value becomes. Default: the mean of each bin of this recording. */
  fill?: readonly number[]
}

/**
 * SpecAugment (Park et al. 2019): time warping, frequency masks, time masks. Sizes are drawn uniformly from 0 to the
 * most, places uniformly from where they fit. Warping moves one frame and stretches what lies on either side linearly.
 *
 * @param features shape (T, F); not changed
 * @param random decides everything
 * @returns shape (T, F)
 * @throws AudioError for a fill of another width
 */
export function specAugment(features: Features, random: RandomSource, options: SpecAugmentOptions = {}): Features {
  const { timeMasks = 2, timeMaskFrames = 50, timeMaskShare = 0.2, frequencyMasks = 2, frequencyMaskBins = 27, timeWarp = 0 } = options
  const { frames, bins } = features
  if (options.fill && options.fill.length !== bins) {
    throw new AudioError(`SpecAugment: fill has ${options.fill.length} values for features of ${bins} bins; give one a bin`)
  }
  const data = timeWarp > 0 ? warped(features, random, timeWarp) : features.data.slice()
  if (frames === 0) return { frames, bins, data }
  const fill = options.fill ?? binMeans(features)
  const hide = (fromFrame: number, toFrame: number, fromBin: number, toBin: number): void => {
    for (let t = fromFrame; t < toFrame; t++) for (let b = fromBin; b < toBin; b++) data[t * bins + b] = fill[b]!
  }
  for (let i = 0; i < frequencyMasks; i++) hide(0, frames, ...stretch(random, Math.min(frequencyMaskBins, bins), bins))
  for (let i = 0; i < timeMasks; i++) hide(...stretch(random, Math.min(timeMaskFrames, Math.floor(frames * timeMaskShare)), frames), 0, bins)
  return { frames, bins, data }
}

/** A stretch of 0 to `most` of `length` places. */
function stretch(random: RandomSource, most: number, length: number): [from: number, to: number] {
  const size = wholeBelow(random, most + 1)
  const from = wholeBelow(random, length - size + 1)
  return [from, from + size]
}

function wholeBelow(random: RandomSource, limit: number): number {
  return Math.floor(random.next() * limit)
}

function warped({ frames, bins, data }: Features, random: RandomSource, most: number): Float32Array {
  if (frames <= 2 * most + 1) return data.slice()
  const centre = most + wholeBelow(random, frames - 2 * most)
  const moved = centre + (2 * random.next() - 1) * most
  const result = new Float32Array(data.length)
  const last = frames - 1
  for (let t = 0; t < frames; t++) {
    const from = t <= moved ? t * centre / Math.max(moved, 1e-9) : centre + (t - moved) * (last - centre) / Math.max(last - moved, 1e-9)
    const low = Math.min(last, Math.max(0, Math.floor(from)))
    const high = Math.min(last, low + 1)
    const share = Math.min(1, Math.max(0, from - low))
    for (let b = 0; b < bins; b++) result[t * bins + b] = (1 - share) * data[low * bins + b]! + share * data[high * bins + b]!
  }
  return result
}

function binMeans({ frames, bins, data }: Features): number[] {
  const sums = new Array<number>(bins).fill(0)
  for (let i = 0; i < data.length; i++) sums[i % bins]! += data[i]!
  return sums.map((sum) => sum / frames)
}
