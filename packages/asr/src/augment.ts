import { type FeatureConfig, type Features, gainOffsets } from '@parlance/audio'
import type { Random } from '@parlance/runtime'
import type { AugmentationConfig } from './config.js'

/** Shares of the frames and of the bins that one mask hides at most: p of the paper, and room for narrow features. */
const MOST_TIME = 0.2
const MOST_BINS = 0.5

/**
 * Features of the same recording made louder or softer, with stretches of time and bands of frequency hidden
 * (SpecAugment: Park et al. 2019, sections 2.2 and 2.3, without warping).
 *
 * @param features shape (T, F); not changed
 * @param mean shape (F): what a hidden value becomes
 * @param random decides everything
 * @returns shape (T, F)
 */
export function augment(
  { frames, bins, data }: Features,
  mean: readonly number[],
  config: AugmentationConfig & { features: FeatureConfig },
  random: Random,
): Float32Array {
  const offsets = gainOffsets(config.features, (2 * random.next() - 1) * config.gain)
  const augmented = data.map((value, i) => value + (offsets[i % bins] as number))
  const hide = (fromFrame: number, toFrame: number, fromBin: number, toBin: number): void => {
    for (let t = fromFrame; t < toFrame; t++) {
      for (let b = fromBin; b < toBin; b++) augmented[t * bins + b] = mean[b] as number
    }
  }
  for (let i = 0; i < config.timeMasks; i++) {
    const [from, to] = stretch(random, config.timeMaskFrames, frames, MOST_TIME)
    hide(from, to, 0, bins)
  }
  for (let i = 0; i < config.frequencyMasks; i++) {
    const [from, to] = stretch(random, config.frequencyMaskBins, bins, MOST_BINS)
    hide(0, frames, from, to)
  }
  return augmented
}

/** A stretch of 0 to `most` of `length` places, at most the share `share` of them. */
function stretch(random: Random, most: number, length: number, share: number): [from: number, to: number] {
  const size = random.integer(Math.min(most, Math.floor(length * share)) + 1)
  const from = random.integer(length - size + 1)
  return [from, from + size]
}
