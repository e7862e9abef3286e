import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AudioError, type Features, type FeatureStream, type Resampler } from '@parlance/audio'
import { GraphSession } from '@parlance/runtime/session'
import type { Tokenizer } from '@parlance/tokenizer'
import { BLANK } from './tokens/blank.js'
import { checkWeights } from './check-weights.js'
import { type ModelConfig, readModelConfig } from './config.js'
import { FAMILIARITY_FILE, type Familiarity, readFamiliarity } from './transcript/familiarity.js'
import { GRAPH_FILES, graphNames } from './graphs/files.js'
import { isRescored, Recognizer, type RecognizerStream } from './recognizer/recognizer.js'
import { checkCount } from './search/checks.js'
import { type LexiconOptions, lexiconSearch } from './modular/lexicon-search.js'
import { Fusion, type FusionOptions } from './search/fusion.js'
import type { SearchOptions } from './search/search.js'
import type { ScoredTokens } from './search/timed-tokens.js'
import { readTiming, TIMING_FILE } from './transcript/emission-timing.js'
import { resamplerOf, type SpeechInput } from './speech/speech.js'
import { secondsPerFrame } from './speech/speech-features.js'
import { type Recording, SpeechMeter, SpeechReader } from './speech/speech-reader.js'
import { type FoundPart, type Heard, type PartialTranscript, type PartialWriter, type Transcript, TranscriptWriter } from './transcript/transcript.js'
import type { EmissionTiming } from './transcript/timed-words.js'
import { readTokenizer } from './tokens/units.js'

/** Recordings whose features are in memory at a time, as a multiple of the batch size: enough to batch what is of like length. */
const WINDOW = 8
/** Seconds: longer recordings are read bit by bit where the model can go on from one stretch to the next, */
const LONG = 60
/** and cut at pauses into parts no longer than this where it cannot: */
const LONGEST_PART = 30
/** so many half minutes are computed together at most, so that memory stays small. */
const MOST_PARTS = 2

export interface LoadOptions extends Omit<SearchOptions, 'fusion'> {
  /** Of the device; default all cores. */
  threads?: number
  /** Language model and phrases, which need the model's tokenizer. */
  fusion?: (tokenizer: Tokenizer) => FusionOptions | Promise<FusionOptions>
  /** Makes the model, a CTC model of phones, the acoustic part of a modular recogniser; other search options do not apply then. */
  lexicon?: LexiconOptions
}

export interface TranscribeOptions {
  /** Pieces of audio that are computed together. It never changes a result. Default 8. */
  batchSize?: number
  /** Hypotheses of each recording in `alternatives`, no more than the beam's and each text once. Default 1: none. */
  nBest?: number
  /** Hz of samples that are given directly; they are converted to the transcriber's rate, which is the default. */
  sampleRate?: number
}

export interface StreamOptions {
  /** Hz of the samples that come; they are converted to the transcriber's rate, which is the default. */
  sampleRate?: number
}

/** What was measured of a model after its training. */
interface Learned {
  usual?: Familiarity | undefined
  timing?: EmissionTiming | undefined
}

/**
 * Speech to text with a trained model. Needs no TF.js.
 *
 *     const transcriber = await Transcriber.load('runs/yes-no')
 *     const { text } = transcriber.transcribe('speech.wav')
 */
export class Transcriber {
  private readonly reader: SpeechReader
  private readonly writer: TranscriptWriter
  /** Whether a long recording can be heard stretch by stretch, */
  private readonly goesOn: boolean
  /** and seconds of one that is heard at once. */
  private readonly longest: number

  private constructor(config: ModelConfig, tokenizer: Tokenizer, private readonly recognizer: Recognizer, { usual, timing }: Learned = {}) {
    this.reader = new SpeechReader(config.features)
    this.writer = new TranscriptWriter(tokenizer, secondsPerFrame(config.features) * config.encoder.subsampling, usual, timing)
    this.goesOn = this.reader.portionable && recognizer.long(1) !== undefined
    this.longest = this.goesOn ? LONG : LONGEST_PART
  }

  /**
   * Loads a model folder.
   *
   * @throws Error, one line, when a file is missing or does not belong to the others; RangeError for a search that cannot be
   */
  static async load(folder: string, { threads, fusion, lexicon, ...search }: LoadOptions = {}): Promise<Transcriber> {
    if (!existsSync(folder)) throw new Error(`${folder}: there is no such model folder.`)
    const config = readModelConfig(join(folder, 'config.json'))
    const tokenizerFile = join(folder, 'tokenizer.json')
    const tokenizer = await readTokenizer(tokenizerFile)
    if (tokenizer.hash !== config.tokenizerHash) {
      throw new Error(
        `${tokenizerFile}: is another tokenizer (of ${tokenizer.vocabSize} tokens) than the model was trained with ` +
          `(${config.vocabSize} tokens): restore the model's own.`,
      )
    }
    const files = graphNames(config.architecture, isRescored(config, search.ctcWeight)).map((name) => [name, join(folder, GRAPH_FILES[name])] as const)
    for (const [, file] of files) {
      if (!existsSync(file)) throw new Error(`${file}: there is no such file: the training did not end; resume it, which writes the graph.`)
    }
    checkWeights(join(folder, 'model.safetensors'), config)
    const usual = readFamiliarity(join(folder, FAMILIARITY_FILE))
    const timing = readTiming(join(folder, TIMING_FILE), tokenizer, config.transducer)
    const graphs = files.map(([name, file]) => [name, GraphSession.load(file, threads === undefined ? {} : { threads })] as const)
    if (lexicon) {
      const words = lexiconSearch(config.architecture, tokenizer, lexicon)
      return new Transcriber(config, words.tokenizer, new Recognizer(config, new Map(graphs), { frameSearch: words.search }))
    }
    const fused = fusion && { fusion: new Fusion(tokenizer.vocabSize, BLANK, await fusion(tokenizer)) }
    return new Transcriber(config, tokenizer, new Recognizer(config, new Map(graphs), { ...search, ...fused }), { usual, timing })
  }

  /** Hz: what the model hears, and the rate of samples that are given without one. */
  get sampleRate(): number {
    return this.reader.sampleRate
  }

  /**
   * Transcribes one recording, or several in order.
   *
   * @throws AudioError, one line, for a file that is missing, empty, damaged or truncated, or a sample rate that cannot be
   */
  transcribe(input: SpeechInput, options?: TranscribeOptions): Transcript
  transcribe(input: readonly SpeechInput[], options?: TranscribeOptions): Transcript[]
  transcribe(input: SpeechInput | readonly SpeechInput[], options: TranscribeOptions = {}): Transcript | Transcript[] {
    const inputs = isOne(input) ? [input] : input
    const transcripts: Transcript[] = []
    for (const transcript of this.transcribeEach(inputs, options)) {
      if (transcript instanceof AudioError) throw transcript
      transcripts.push(transcript)
    }
    return isOne(input) ? (transcripts[0] as Transcript) : transcripts
  }

  /**
   * Transcribes many recordings in order, each as soon as it and its neighbours are heard, and goes on after those that
   * cannot be read.
   *
   * @returns for each recording its transcript, or what is wrong with it
   */
  *transcribeEach(inputs: Iterable<SpeechInput>, { batchSize = 8, nBest = 1, sampleRate }: TranscribeOptions = {}): Generator<Transcript | AudioError> {
    checkCount('The batch size', batchSize)
    checkCount('The number of hypotheses', nBest)
    let waiting: (HeardRecording | AudioError)[] = []
    let seconds = 0
    for (const input of inputs) {
      const heard = this.hear(input, batchSize, sampleRate)
      waiting.push(heard)
      seconds += heard instanceof AudioError || 'parts' in heard ? 0 : heard.duration
      if (!('parts' in heard) && waiting.length < WINDOW * batchSize && seconds < LONG * batchSize) continue
      yield* this.written(waiting, batchSize, nBest)
      waiting = []
      seconds = 0
    }
    yield* this.written(waiting, batchSize, nBest)
  }

  /**
   * Transcribes a recording while it is heard, with the result of `transcribe`.
   *
   *     const stream = transcriber.stream({ sampleRate: 48_000 })
   *     for await (const samples of microphone) console.log(stream.push(samples).text)
   *     console.log(stream.finish().text)
   *
   * @throws Error, one line, for a model that needs whole recordings: its encoder is not causal, or its decoder attends;
   *   AudioError for a sample rate that cannot be
   */
  stream({ sampleRate = this.sampleRate }: StreamOptions = {}): TranscriptStream {
    const resampler = resamplerOf('samples', sampleRate, this.sampleRate)
    return new TranscriptStream({ resampler, features: this.reader.stream(), recognizer: this.recognizer.stream() }, this.writer, { given: sampleRate, heard: this.sampleRate })
  }

  /** Frees the graphs; the transcriber cannot be used afterwards. */
  dispose(): void {
    this.recognizer.dispose()
  }

  /** Features of a short recording; a long one is searched at once. */
  private hear(input: SpeechInput, batchSize: number, sampleRate?: number): HeardRecording | AudioError {
    try {
      const recording = this.reader.open(input, sampleRate)
      try {
        const { duration } = recording
        const found = duration > this.longest ? { parts: this.search(recording, batchSize) } : { features: recording.whole() }
        return { duration, speech: recording.speech, ...found }
      } finally {
        recording.close()
      }
    } catch (error) {
      if (error instanceof AudioError) return error
      throw error
    }
  }

  /** What is in a long recording. */
  private search(recording: Recording, most: number): FoundPart[] {
    const { recognizer } = this
    const batchSize = Math.min(most, MOST_PARTS)
    const stream = this.goesOn ? recognizer.long(batchSize) : undefined
    if (stream) {
      for (const features of recording.portions()) stream.push(features)
      stream.finish()
      return [{ start: 0, hypotheses: stream.hypotheses }]
    }
    const found: FoundPart[] = []
    let some: { start: number; features: Features }[] = []
    const searchSome = (): void => {
      const hypotheses = recognizer.recognize(some.map(({ features }) => features), batchSize)
      found.push(...some.map(({ start }, n) => ({ start, hypotheses: hypotheses[n] as ScoredTokens[] })))
      some = []
    }
    for (const part of recording.parts(LONGEST_PART)) if (some.push(part) === batchSize) searchSome()
    if (some.length > 0) searchSome()
    return found
  }

  /** Transcripts of recordings in order, those that still have to be searched together. */
  private *written(heard: readonly (HeardRecording | AudioError)[], batchSize: number, nBest: number): Generator<Transcript | AudioError> {
    const features = heard.flatMap((one) => ('features' in one ? [one.features] : []))
    const found = this.recognizer.recognize(features, batchSize)[Symbol.iterator]()
    for (const one of heard) {
      if (one instanceof AudioError) yield one
      else yield this.writer.write('parts' in one ? one.parts : [{ start: 0, hypotheses: found.next().value as ScoredTokens[] }], one, nBest)
    }
  }
}

/** A recording that was read: a long one is searched already. */
type HeardRecording = Heard & ({ features: Features } | { parts: FoundPart[] })

function isOne(input: SpeechInput | readonly SpeechInput[]): input is SpeechInput {
  return typeof input === 'string' || ArrayBuffer.isView(input)
}

/** What samples of a stream go through. */
interface StreamStages {
  resampler: Resampler
  features: FeatureStream
  recognizer: RecognizerStream
}

/** A recording that is transcribed while it is heard; made by `Transcriber.stream`. */
export class TranscriptStream {
  private samples = 0
  private finished = false

  private readonly writer: PartialWriter
  private readonly meter: SpeechMeter

  /** @internal */
  constructor(private readonly stages: StreamStages, private readonly transcripts: TranscriptWriter, private readonly rates: { given: number; heard: number }) {
    this.writer = transcripts.partial()
    this.meter = new SpeechMeter(rates.heard)
  }

  /**
   * Hears the next samples, any number of them.
   *
   * @returns the transcript so far, of which the first `stable` characters stay as they are; with greedy search all do
   */
  push(samples: Float32Array): PartialTranscript {
    this.expectOpen()
    this.samples += samples.length
    const { resampler, recognizer } = this.stages
    this.hear(resampler.push(samples))
    return this.writer.write(recognizer.found, recognizer.settled, this.heard)
  }

  /** @returns the transcript of the whole */
  finish(): Transcript {
    this.expectOpen()
    this.finished = true
    const { resampler, features, recognizer } = this.stages
    this.hear(resampler.finish())
    recognizer.push(features.finish())
    recognizer.finish()
    this.meter.finish()
    const heard = { duration: this.heard, speech: this.meter.seconds }
    return this.transcripts.write([{ start: 0, hypotheses: recognizer.hypotheses }], heard, 1)
  }

  /** @param samples at the model's rate */
  private hear(samples: Float32Array): void {
    this.meter.push(samples)
    this.stages.recognizer.push(this.stages.features.push(samples))
  }

  /** Seconds. */
  private get heard(): number {
    return this.samples / this.rates.given
  }

  private expectOpen(): void {
    if (this.finished) throw new Error('This stream is finished: make another one for another recording.')
  }
}
