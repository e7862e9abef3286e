export { AudioError } from './errors.js'
export { featureConfigHash, frameSeconds, parseFeatureConfig, type FeatureConfig, type FeatureOptions } from './features/config.js'
export { computeFeatures, FeatureExtractor, type FeatureStream } from './features/extractor.js'
export type { Features } from './features/matrix.js'
export {
  hertzToMel, melFilterBank, melToHertz, type MelFilterBank, type MelFilterOptions, type MelScale,
} from './features/mel.js'
export { featureStats, normalizeFeatures, type FeatureStats } from './features/normalization.js'
export { featureWidth, gainOffsets } from './features/width.js'
export { windowFunction, type WindowName } from './features/window.js'
export { RealFft } from './fft/real-fft.js'
export { resample } from './resample/resample.js'
export { readWav, toMono, type Audio, type ReadWavOptions } from './wav/read.js'
export { encodeWav, writeWav, type EncodeWavOptions, type WavContent } from './wav/write.js'
