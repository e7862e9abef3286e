import { type Features, gainOffsets, specAugment } from '@parlance/audio'
import type { Random } from '@parlance/runtime'
import type { AugmentationConfig } from '../config.js'
import { isPrecomputed, type SpeechFeatures } from '../speech/speech-features.js'

/** Share of the bins that one mask hides at most: features may be narrow. */
const MOST_BINS = 0.5

/**
 * Features of the same recording made louder or softer, as if from a shorter or longer vocal tract, with stretches of time and
 * bands of frequency hidden (`specAugment`, without warping). Features from files keep their loudness.
 *
 * @param features shape (T, F); not changed
 * @param mean shape (F): what a hidden value becomes
 * @param random decides everything
 * @returns shape (T, F)
 */
export function augment(
  { frames, bins, data }: Features,
  mean: readonly number[],
  config: AugmentationConfig & { features: SpeechFeatures },
  random: Random,
): Float32Array {
  const decibels = (2 * random.next() - 1) * config.gain
  const offsets = isPrecomputed(config.features) ? undefined : gainOffsets(config.features, decibels)
  const louder = offsets ? data.map((value, i) => value + (offsets[i % bins] as number)) : data
  const gained = config.frequencyWarp > 0 ? warped(louder, bins, 1 + (2 * random.next() - 1) * config.frequencyWarp) : louder
  const { timeMasks, timeMaskFrames, frequencyMasks } = config
  const frequencyMaskBins = Math.min(config.frequencyMaskBins, Math.floor(bins * MOST_BINS))
  return specAugment({ frames, bins, data: gained }, random, { timeMasks, timeMaskFrames, frequencyMasks, frequencyMaskBins, fill: mean }).data
}

/** Share of the bins below which frequencies are stretched; above, they are pressed into what is left. */
const WARPED = 0.8

/**
 * Vocal tract length perturbation (Jaitly and Hinton 2013) on the mel scale: bin b becomes what was at b · factor, up to a corner
 * from which a second line leads to the last bin.
 */
function warped(data: Float32Array, bins: number, factor: number): Float32Array {
  const last = bins - 1
  const corner = (WARPED * last) / Math.max(factor, 1)
  const places = Array.from({ length: bins }, (_, b) => (b <= corner ? b * factor : last - ((last - b) * (last - corner * factor)) / (last - corner)))
  const result = new Float32Array(data.length)
  for (let start = 0; start < data.length; start += bins) {
    for (const [b, place] of places.entries()) {
      const low = Math.min(Math.max(Math.floor(place), 0), Math.max(last - 1, 0))
      const share = place - low
      result[start + b] = (1 - share) * (data[start + low] as number) + share * (data[start + Math.min(low + 1, last)] as number)
    }
  }
  return result
}
