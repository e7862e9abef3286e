import { AudioError, FeatureExtractor, type Features, type FeatureStream } from '@parlance/audio'
import { readPrecomputed } from './precomputed.js'
import { readSpeech } from './speech.js'
import { isPrecomputed, secondsPerFrame, type SpeechFeatures } from './speech-features.js'

/** From files or samples to the features that a model wants. */
export class SpeechReader {
  private readonly extractor: FeatureExtractor | undefined

  constructor(private readonly config: SpeechFeatures) {
    this.extractor = isPrecomputed(config) ? undefined : new FeatureExtractor(config)
  }

  /** Hz of samples. A model of precomputed features hears none; its files count as if sampled once a frame. */
  get sampleRate(): number {
    return isPrecomputed(this.config) ? 1 / secondsPerFrame(this.config) : this.config.sampleRate
  }

  /**
   * @param input path of a WAV file, or of a feature file if that is what the model wants; or samples (N) at the model's rate
   * @returns features (T, F), and the duration in seconds
   * @throws AudioError, one line, for a file that is missing or damaged, or samples for a model of precomputed features
   */
  read(input: string | Float32Array): { features: Features; duration: number } {
    const { config, extractor } = this
    if (extractor) {
      const { samples, duration } = typeof input === 'string' ? readSpeech(input, this.sampleRate) : { samples: input, duration: input.length / this.sampleRate }
      return { features: extractor.compute(samples), duration }
    }
    if (typeof input !== 'string' || !isPrecomputed(config)) throw noSound()
    const features = readPrecomputed(input, config)
    return { features, duration: features.frames * secondsPerFrame(config) }
  }

  /** @throws AudioError, one line, for a model of precomputed features */
  stream(): FeatureStream {
    if (!this.extractor) throw noSound()
    return this.extractor.stream()
  }
}

function noSound(): AudioError {
  return new AudioError('This model hears precomputed features alone: give it files of them, not samples.')
}
