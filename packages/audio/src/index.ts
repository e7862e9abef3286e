export { featureConfigHash, parseFeatureConfig, type FeatureConfig, type FeatureOptions } from './config.js'
export { AudioError } from './errors.js'
export { computeFeatures, FeatureExtractor, type Features } from './features.js'
export { RealFft } from './fft.js'
export {
  hertzToMel, melFilterBank, melToHertz, type MelFilterBank, type MelFilterOptions, type MelScale,
} from './mel.js'
export { featureStats, normalizeFeatures, type FeatureStats } from './normalization.js'
export { resample } from './resample.js'
export { readWav, toMono, type Audio, type ReadWavOptions } from './wav-read.js'
export { encodeWav, writeWav, type EncodeWavOptions, type WavContent } from './wav-write.js'
export { windowFunction, type WindowName } from './window.js'
