import {
  AudioError, FeatureExtractor, type Features, type FeatureStream, SilenceSplitter, SpeechDetector, type SpeechSegment,
} from '@parlance/audio'
import { readPrecomputed } from './precomputed.js'
import { joinParts } from '../join-parts.js'
import { openSpeech, type SpeechInput, type SpeechSource } from './speech.js'
import { isPrecomputed, secondsPerFrame, type SpeechFeatures } from './speech-features.js'

/** A recording, read and turned into features as they are needed. Its features can be had once. */
export interface Recording {
  /** Seconds. */
  readonly duration: number
  /** Seconds that are not background, once it has been read; undefined where there is no sound. */
  readonly speech: number | undefined
  /** All features, (T, F). */
  whole(): Features
  /** The same in portions, in little memory. */
  portions(): Iterable<Features>
  /**
   * The features of parts that are cut at pauses and none longer than `longest` seconds.
   *
   * @returns of each part where it begins, in seconds, and its features (T, F)
   */
  parts(longest: number): Iterable<{ start: number; features: Features }>
  close(): void
}

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

  /** Whether features are certain before a recording ends. */
  get portionable(): boolean {
    return this.extractor !== undefined && !this.extractor.needsWhole
  }

  /**
   * @param input a WAV file, or a feature file if that is what the model wants; or samples (N)
   * @param given Hz, of samples. Default the model's
   * @throws AudioError, one line, for a file that is missing or damaged, or samples for a model of precomputed features; what
   *   is found wrong later is thrown where it is read
   */
  open(input: SpeechInput, given?: number): Recording {
    return this.extractor ? heard(openSpeech(input, this.sampleRate, given), this.extractor) : this.precomputed(input)
  }

  /** @throws AudioError, one line, for a model of precomputed features */
  stream(): FeatureStream {
    if (!this.extractor) throw noSound()
    return this.extractor.stream()
  }

  /** Nothing tells where such a recording is silent: it stays whole. */
  private precomputed(input: SpeechInput): Recording {
    const { config } = this
    if (typeof input !== 'string' || !isPrecomputed(config)) throw noSound()
    const features = readPrecomputed(input, config)
    return {
      duration: features.frames * secondsPerFrame(config),
      speech: undefined,
      whole: () => features,
      portions: () => [features],
      parts: () => [{ start: 0, features }],
      close: () => {},
    }
  }
}

function heard({ duration, portions: samplePortions, close }: SpeechSource, extractor: FeatureExtractor): Recording {
  const meter = new SpeechMeter(extractor.config.sampleRate)
  function* portions(): Generator<Float32Array> {
    for (const samples of samplePortions()) {
      meter.push(samples)
      yield samples
    }
    meter.finish()
  }
  return {
    duration,
    get speech() {
      return meter.seconds
    },
    whole: () => extractor.compute(joinParts([...portions()])),
    *portions() {
      const stream = extractor.stream()
      for (const samples of portions()) yield stream.push(samples)
      yield stream.finish()
    },
    *parts(longest) {
      const { sampleRate } = extractor.config
      const splitter = new SilenceSplitter(sampleRate, { longest })
      let at = 0
      const part = (samples: Float32Array): { start: number; features: Features } => {
        const start = at / sampleRate
        at += samples.length
        return { start, features: extractor.compute(samples) }
      }
      for (const samples of portions()) for (const one of splitter.push(samples)) yield part(one)
      for (const one of splitter.finish()) yield part(one)
    },
    close,
  }
}

/** Adds up how much of a signal is not background. */
export class SpeechMeter {
  seconds = 0
  private readonly detector: SpeechDetector

  constructor(sampleRate: number) {
    this.detector = new SpeechDetector(sampleRate)
  }

  push(samples: Float32Array): void {
    this.add(this.detector.push(samples))
  }

  finish(): void {
    this.add(this.detector.finish())
  }

  private add(segments: readonly SpeechSegment[]): void {
    for (const { start, end } of segments) this.seconds += end - start
  }
}

function noSound(): AudioError {
  return new AudioError('This model hears precomputed features alone: give it files of them, not samples.')
}
