import { FeatureExtractor, type Features, resample } from '@parlance/audio'
import type { FeatureConfig } from '@parlance/audio'
import type { Tokenizer } from '@parlance/tokenizer'
import type { Utterance } from './manifest.js'
import { readSpeech } from './speech.js'
import { encodedLength } from './subsampling.js'

/** Frames that rounding may add to or take from what a speed makes of a recording. */
const SLACK = 2

/** A corpus in memory: token ids, samples, and features at each speed, computed when first needed. */
export class Recordings {
  readonly labels: Int32Array[]
  private readonly extractor: FeatureExtractor
  private readonly samples: Float32Array[]
  private readonly cache = new Map<string, Features>()

  /** @throws Error, one line, for a file that cannot be read or a transcript that the tokenizer cannot spell */
  constructor(
    readonly utterances: readonly Utterance[],
    features: FeatureConfig,
    tokenizer: Tokenizer,
  ) {
    this.extractor = new FeatureExtractor(features)
    this.labels = utterances.map(({ audio, text }) => {
      try {
        return tokenizer.encode(text)
      } catch (error) {
        throw new Error(`The transcript of ${audio} cannot be encoded: ${(error as Error).message}`, { cause: error })
      }
    })
    this.samples = utterances.map(({ audio }) => readSpeech(audio, features.sampleRate).samples)
  }

  get count(): number {
    return this.utterances.length
  }

  /** Features of recording `index` played `speed` times as fast, shape (T, F). */
  features(index: number, speed = 1): Features {
    const key = `${index} ${speed}`
    let features = this.cache.get(key)
    if (!features) {
      const { sampleRate } = this.extractor.config
      const samples = this.samples[index] as Float32Array
      const heard = speed === 1 ? samples : resample(samples, Math.round(sampleRate * speed), sampleRate)
      features = this.extractor.compute(heard)
      this.cache.set(key, features)
    }
    return features
  }

  /** The most frames that recording `index` can have at `speed`, without computing its features. */
  mostFrames(index: number, speed: number): number {
    const { frames } = this.features(index)
    return speed === 1 ? frames : Math.ceil(frames / speed) + SLACK
  }

  /** Whether CTC can align the transcript of recording `index` at `speed`. */
  fits(index: number, speed = 1): boolean {
    const { frames } = this.features(index)
    const least = speed === 1 ? frames : Math.floor(frames / speed) - SLACK
    return encodedLength(Math.max(0, least)) >= neededFrames(this.labels[index] as Int32Array)
  }
}

/** A frame for every label, and one for the blank between equal neighbours; at least one. */
function neededFrames(labels: Int32Array): number {
  let needed = Math.max(1, labels.length)
  for (let i = 1; i < labels.length; i++) if (labels[i] === labels[i - 1]) needed++
  return needed
}
