import { createHash } from 'node:crypto'
import { type FeatureConfig, featureConfigHash, featureWidth, frameSeconds } from '@parlance/audio'
import type { PrecomputedFeatures } from './precomputed.js'

/** What a recogniser hears: features of sound, or of files. */
export type SpeechFeatures = FeatureConfig | PrecomputedFeatures

export function isPrecomputed(config: SpeechFeatures): config is PrecomputedFeatures {
  return config.kind === 'precomputed'
}

/** Values of a feature frame, F. */
export function speechWidth(config: SpeechFeatures): number {
  return isPrecomputed(config) ? config.spectrumBins || config.values : featureWidth(config)
}

/** Seconds from one feature frame to the next. */
export function secondsPerFrame(config: SpeechFeatures): number {
  return isPrecomputed(config) ? config.frameShift / 1000 : frameSeconds(config)
}

/** A fingerprint for model folders: equal exactly when every setting is. */
export function speechFeaturesHash(config: SpeechFeatures): string {
  if (!isPrecomputed(config)) return featureConfigHash(config)
  const entries = Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(Object.fromEntries(entries))).digest('hex')
}
