import { addNoise, FeatureExtractor, type Features, type RandomSource, resample, whiteNoise } from '@parlance/audio'
import type { Tokenizer } from '@parlance/tokenizer'
import { BoundedCache } from './bounded-cache.js'
import { atSpeed, type TimedLabels, timedLabels, untimed } from './emission.js'
import type { Utterance } from '../manifest.js'
import { readPrecomputed, stretched } from '../speech/precomputed.js'
import { readSpeech } from '../speech/speech.js'
import { isPrecomputed, secondsPerFrame, type SpeechFeatures, speechWidth } from '../speech/speech-features.js'
import { encodedLength, type Subsampling } from '../model/subsampling.js'
import { wordBoundaries } from './word-boundaries.js'

/** Frames that rounding may add to or take from what a speed makes of a recording. */
const SLACK = 2

/** A word cut out of a recording, from frame `from` to frame `to` at speed 1. */
export interface WordPiece {
  index: number
  from: number
  to: number
  word: string
}

/** Bytes of samples and features that are kept: all of a small corpus. */
const KEPT = 2 ** 31

/** Where the features of recordings come from. */
interface FeatureSource {
  at(index: number, speed: number): Features
  /** With white noise `snr` decibels below the speech. */
  noisy(index: number, speed: number, snr: number, random: RandomSource): Features
}

/**
 * A corpus: token ids and lengths in memory, sound and features at each speed read and computed when they are needed. What was
 * used last is kept, up to 2 GiB.
 */
export class Recordings {
  readonly labels: Int32Array[]
  private readonly timed: TimedLabels[]
  /** Values of a feature frame, F. */
  readonly width: number
  private readonly source: FeatureSource
  private readonly frameSeconds: number
  private readonly cache = new BoundedCache<Features>(KEPT / 2)
  /** Frames of each recording, once they are known. */
  private readonly frameCounts: (number | undefined)[] = []

  /**
   * @param emissionDelay milliseconds that a word's tokens may come late where its times are known; 0: whenever
   * @throws Error, one line, for a transcript that the tokenizer cannot spell
   */
  constructor(
    readonly utterances: readonly Utterance[],
    features: SpeechFeatures,
    readonly tokenizer: Tokenizer,
    private readonly subsampling: Subsampling = 4,
    emissionDelay = 0,
  ) {
    this.width = speechWidth(features)
    this.frameSeconds = secondsPerFrame(features)
    const timing = { delay: emissionDelay / 1000, secondsPerFrame: this.frameSeconds * subsampling }
    this.timed = utterances.map(({ audio, text, words }) => {
      try {
        return emissionDelay > 0 && words ? timedLabels(tokenizer, words, timing) : untimed(tokenizer.encode(text))
      } catch (error) {
        throw new Error(`The transcript of ${audio} cannot be encoded: ${(error as Error).message}`, { cause: error })
      }
    })
    this.labels = this.timed.map(({ labels }) => labels)
    const files = utterances.map(({ audio }) => audio)
    this.source = isPrecomputed(features)
      ? fromFeatures(kept((index) => readPrecomputed(files[index] as string, features), ({ data }) => data.byteLength))
      : fromSamples(kept((index) => readSpeech(files[index] as string, features.sampleRate).samples, (samples) => samples.byteLength), new FeatureExtractor(features))
  }

  get count(): number {
    return this.utterances.length
  }

  /**
   * Features of recording `index` played `speed` times as fast, shape (T, F).
   *
   * @throws Error, one line, for a file that cannot be read
   */
  features(index: number, speed = 1): Features {
    const features = this.cache.get(`${index} ${speed}`, () => this.source.at(index, speed), ({ data }) => data.byteLength)
    if (speed === 1) this.frameCounts[index] = features.frames
    return features
  }

  /** Frames of recording `index`. */
  frames(index: number): number {
    return this.frameCounts[index] ?? this.features(index).frames
  }

  /** The tokens of recording `index` at `speed`, and when they may be emitted. */
  timedLabels(index: number, speed = 1): TimedLabels {
    return atSpeed(this.timed[index] as TimedLabels, speed, this.features(index, speed).frames, this.subsampling)
  }

  /** `features` with white noise `snr` decibels below the speech, computed anew. */
  noisyFeatures(index: number, speed: number, snr: number, random: RandomSource): Features {
    return this.source.noisy(index, speed, snr, random)
  }

  /** The most frames that recording `index` can have at `speed`, without computing its features. */
  mostFrames(index: number, speed: number): number {
    const frames = this.frames(index)
    return speed === 1 ? frames : Math.ceil(frames / speed) + SLACK
  }

  /** Whether CTC can align the transcript of recording `index` at `speed`; a transducer then can too. */
  fits(index: number, speed = 1): boolean {
    const frames = this.frames(index)
    const least = speed === 1 ? frames : Math.floor(frames / speed) - SLACK
    return this.canAlign(least, this.labels[index] as Int32Array)
  }

  /** Whether there is an encoder frame for every label, and one for the blank between equal neighbours; at least one. */
  canAlign(frames: number, labels: Int32Array): boolean {
    let needed = Math.max(1, labels.length)
    for (let i = 1; i < labels.length; i++) if (labels[i] === labels[i - 1]) needed++
    return encodedLength(Math.max(0, frames), this.subsampling) >= needed
  }

  /** The words of these recordings, where their times are known or pauses tell them apart. */
  wordPieces(indices: readonly number[]): WordPiece[] {
    return indices.flatMap((index) => {
      const { text, words: times } = this.utterances[index] as Utterance
      const words = times?.map(({ word }) => word) ?? wordsOf(text)
      const features = this.features(index)
      const boundaries = times ? this.boundariesOf(times, features.frames) : wordBoundaries(features, words.length)
      if (!boundaries) return []
      return words.map((word, i) => ({ index, word, from: boundaries[i] as number, to: boundaries[i + 1] as number }))
    })
  }

  /** Known words are cut in the middle of what is between them. */
  private boundariesOf(words: NonNullable<Utterance['words']>, frames: number): number[] {
    const middles = words.slice(1).map(({ start }, i) => Math.min(frames, Math.round(((words[i] as { end: number }).end + start) / 2 / this.frameSeconds)))
    return [0, ...middles, frames]
  }

  /** Frames of a piece at `speed`. */
  pieceFrames({ from, to }: WordPiece, speed: number): number {
    return Math.floor(to / speed) - Math.floor(from / speed)
  }

  /** Features of pieces one after the other, shape (T, F). */
  joined(pieces: readonly WordPiece[], speed: number): Features {
    const { width: bins } = this
    const frames = pieces.reduce((sum, piece) => sum + this.pieceFrames(piece, speed), 0)
    const data = new Float32Array(frames * bins)
    let at = 0
    for (const piece of pieces) {
      const features = this.features(piece.index, speed)
      const length = this.pieceFrames(piece, speed)
      // Rounding may put the last frame beyond the end.
      const from = Math.max(0, Math.min(Math.floor(piece.from / speed), features.frames - length))
      data.set(features.data.subarray(from * bins, (from + length) * bins), at * bins)
      at += length
    }
    return { frames, bins, data }
  }
}

/** What is made of recordings, kept as long as there is room. */
function kept<Value>(make: (index: number) => Value, bytesOf: (value: Value) => number): (index: number) => Value {
  const cache = new BoundedCache<Value>(KEPT / 2)
  return (index) => cache.get(String(index), () => make(index), bytesOf)
}

/** Speed changes the pitch too. */
function fromSamples(samples: (index: number) => Float32Array, extractor: FeatureExtractor): FeatureSource {
  const { sampleRate } = extractor.config
  const heard = (index: number, speed: number): Float32Array => {
    const own = samples(index)
    return speed === 1 ? own : resample(own, Math.round(sampleRate * speed), sampleRate)
  }
  return {
    at: (index, speed) => extractor.compute(heard(index, speed)),
    noisy(index, speed, snr, random) {
      const own = heard(index, speed)
      return extractor.compute(addNoise(own, whiteNoise(Math.max(1, own.length), random), snr, random))
    },
  }
}

/** Speed leaves the pitch. */
function fromFeatures(features: (index: number) => Features): FeatureSource {
  return {
    at: (index, speed) => stretched(features(index), speed),
    noisy: () => {
      throw new Error('Noise needs sound: features from files cannot get any.')
    },
  }
}

export function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== '')
}
