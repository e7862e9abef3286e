import { applyCepstra, cepstralTransform } from './cepstra.js'
import type { FeatureConfig } from './config.js'
import { fftSizeOf } from './framing.js'

/** Values of a frame of features, F. */
export function featureWidth(config: FeatureConfig): number {
  return staticWidth(config) * (1 + ('deltas' in config ? config.deltas : 0))
}

/**
 * What a gain adds to features whose energies lie above their floors: a constant to log-mel values and spectrograms,
 * mostly the zeroth coefficient to cepstra, nothing to differences.
 *
 * @param decibels of the samples' amplitude
 * @returns shape (F)
 */
export function gainOffsets(config: FeatureConfig, decibels: number): Float32Array {
  const offset = logGain(config, decibels)
  const offsets = new Float32Array(featureWidth(config))
  if (config.kind !== 'mfcc') return offsets.fill(offset, 0, staticWidth(config))
  const transform = cepstralTransform(config)
  const row = new Float32Array(transform.inputs).fill(offset)
  // The frame's energy is of power, whatever the filters weigh.
  if (transform.inputs > config.bins) row[config.bins] = decibels * Math.LN10 / 10
  offsets.set(applyCepstra(transform, row))
  return offsets
}

function staticWidth(config: FeatureConfig): number {
  if (config.kind === 'spectrogram') return fftSizeOf(config) / 2 + 1
  return config.kind === 'mfcc' ? cepstralTransform(config).width : config.bins
}

function logGain(config: FeatureConfig, decibels: number): number {
  switch (config.convention) {
    case 'whisper': return decibels / 40
    case 'librosa': return decibels
    case 'htk': return decibels * Math.LN10 / (config.usePower ? 10 : 20)
    case 'kaldi': return decibels * Math.LN10 / 10
  }
}
