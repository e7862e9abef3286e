import { type FeatureConfig, type Features, gainOffsets, specAugment } from '@parlance/audio'
import type { Random } from '@parlance/runtime'
import type { AugmentationConfig } from './config.js'

/** Share of the bins that one mask hides at most: features may be narrow. */
const MOST_BINS = 0.5

/**
 * Features of the same recording made louder or softer, with stretches of time and bands of frequency hidden
 * (`specAugment`, without warping).
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
  const gained = data.map((value, i) => value + (offsets[i % bins] as number))
  const { timeMasks, timeMaskFrames, frequencyMasks } = config
  const frequencyMaskBins = Math.min(config.frequencyMaskBins, Math.floor(bins * MOST_BINS))
  return specAugment({ frames, bins, data: gained }, random, { timeMasks, timeMaskFrames, frequencyMasks, frequencyMaskBins, fill: mean }).data
}
