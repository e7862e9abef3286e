import { AudioError } from '../errors.js'
import { type FeatureConfig, upperEdge } from './config.js'
import { htkRange, melFilterBank, type MelFilterBank, type MelFilterOptions } from './mel.js'

/**
 * The filter bank of a convention.
 *
 * @throws AudioError when some filter would cover no FFT bin
 */
export function filtersFor(config: Exclude<FeatureConfig, { kind: 'spectrogram' }>, fftSize: number): MelFilterBank {
  const options = bankOptions(config, fftSize)
  const bank = melFilterBank({ ...options, bins: config.bins })
  if (!hasEmptyFilter(bank)) return bank
  // Counted from below: which counts leave a filter empty is not monotone.
  let most = 0
  while (!hasEmptyFilter(melFilterBank({ ...options, bins: most + 1 }))) most++
  throw new AudioError(`feature config: ${config.bins} mel filters are too many for a ${fftSize}-point FFT at ${config.sampleRate} Hz `
    + `(some would see nothing); use ${most} or fewer bins, or ${config.convention === 'librosa' ? 'a larger fftSize' : 'a longer frameLength'}`)
}

function bankOptions(config: Exclude<FeatureConfig, { kind: 'spectrogram' }>, fftSize: number): Omit<MelFilterOptions, 'bins'> {
  const { sampleRate } = config
  if (config.convention === 'whisper') {
    return { sampleRate, fftSize, lowFrequency: 0, highFrequency: 8000, scale: 'slaney', triangles: 'hertz', normalization: 'area' }
  }
  const edges = { sampleRate, fftSize, lowFrequency: config.lowFrequency, highFrequency: upperEdge(config) }
  switch (config.convention) {
    case 'librosa':
      return { ...edges, scale: config.melScale, triangles: 'hertz', normalization: config.melNormalization }
    case 'kaldi':
      return { ...edges, scale: 'htk', triangles: 'mel', normalization: 'none' }
    case 'htk':
      return {
        ...edges, scale: 'htk', triangles: 'mel', normalization: 'none',
        range: htkRange(edges.lowFrequency, edges.highFrequency, sampleRate, fftSize),
      }
  }
}

function hasEmptyFilter({ offsets }: MelFilterBank): boolean {
  return offsets.some((offset, b) => b > 0 && offset === offsets[b - 1])
}
