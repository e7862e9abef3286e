import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FeatureStream } from '@parlance/audio'
import { GraphSession } from '@parlance/runtime/session'
import type { Tokenizer } from '@parlance/tokenizer'
import { BLANK } from './blank.js'
import { checkWeights } from './check-weights.js'
import { type ModelConfig, readModelConfig } from './config.js'
import { GRAPH_FILES, graphNames } from './graphs/files.js'
import { Recognizer, type RecognizerStream } from './recognizer/recognizer.js'
import { checkCount } from './search/checks.js'
import { Fusion, type FusionOptions } from './search/fusion.js'
import type { SearchOptions } from './search/search.js'
import type { ScoredTokens, TimedTokens } from './search/timed-tokens.js'
import { secondsPerFrame } from './speech-features.js'
import { SpeechReader } from './speech-reader.js'
import { timedWords, type Word } from './timed-words.js'
import { readTokenizer, spelled } from './units.js'

/** Inputs that are in memory at a time, as a multiple of the batch size: enough to batch what is of like length. */
const WINDOW = 8

/** A path of a WAV file, or samples (N) at the transcriber's rate, nominally in [-1, 1). */
export type SpeechInput = string | Float32Array

export interface Transcript {
  text: string
  words: Word[]
  /** Of the recording, in seconds. */
  duration: number
  /** The best hypotheses, this one first, where `nBest` asks for more than one. */
  alternatives?: Alternative[]
}

export interface Alternative {
  text: string
  words: Word[]
  /** Natural logarithm of what it is ranked by. */
  score: number
}

/** What a stream has heard so far. */
export interface PartialTranscript extends Transcript {
  /** Characters at the beginning of `text` that stay as they are, whatever comes. */
  stable: number
}

export interface LoadOptions extends Omit<SearchOptions, 'fusion'> {
  /** Of the device; default all cores. */
  threads?: number
  /** Language model and phrases, which need the model's tokenizer. */
  fusion?: (tokenizer: Tokenizer) => FusionOptions
}

export interface TranscribeOptions {
  /** Pieces of audio that are computed together. It never changes a result. Default 8. */
  batchSize?: number
  /** Hypotheses of each recording in `alternatives`, no more than the beam's and each text once. Default 1: none. */
  nBest?: number
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

  private constructor(config: ModelConfig, tokenizer: Tokenizer, private readonly recognizer: Recognizer) {
    this.reader = new SpeechReader(config.features)
    this.writer = new TranscriptWriter(tokenizer, secondsPerFrame(config.features) * config.encoder.subsampling)
  }

  /**
   * Loads a model folder.
   *
   * @throws Error, one line, when a file is missing or does not belong to the others; RangeError for a search that cannot be
   */
  static async load(folder: string, { threads, fusion, ...search }: LoadOptions = {}): Promise<Transcriber> {
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
    const files = graphNames(config.architecture).map((name) => [name, join(folder, GRAPH_FILES[name])] as const)
    for (const [, file] of files) {
      if (!existsSync(file)) throw new Error(`${file}: there is no such file: the training did not end; resume it, which writes the graph.`)
    }
    checkWeights(join(folder, 'model.safetensors'), config)
    const graphs = files.map(([name, file]) => [name, GraphSession.load(file, threads === undefined ? {} : { threads })] as const)
    const fused = fusion && { fusion: new Fusion(tokenizer.vocabSize, BLANK, fusion(tokenizer)) }
    return new Transcriber(config, tokenizer, new Recognizer(config, new Map(graphs), { ...search, ...fused }))
  }

  /** Hz: of samples that are given directly. */
  get sampleRate(): number {
    return this.reader.sampleRate
  }

  /**
   * Transcribes one recording, or several in order.
   *
   * @throws AudioError, one line, for a file that is missing, empty, damaged or truncated
   */
  transcribe(input: SpeechInput, options?: TranscribeOptions): Transcript
  transcribe(input: readonly SpeechInput[], options?: TranscribeOptions): Transcript[]
  transcribe(
    input: SpeechInput | readonly SpeechInput[],
    { batchSize = 8, nBest = 1 }: TranscribeOptions = {},
  ): Transcript | Transcript[] {
    checkCount('The batch size', batchSize)
    checkCount('The number of hypotheses', nBest)
    const inputs = typeof input === 'string' || input instanceof Float32Array ? [input] : input
    const transcripts: Transcript[] = []
    for (let i = 0; i < inputs.length; i += WINDOW * batchSize) {
      const speech = inputs.slice(i, i + WINDOW * batchSize).map((one) => this.reader.read(one))
      const found = this.recognizer.recognize(speech.map(({ features }) => features), batchSize)
      transcripts.push(...found.map((hypotheses, n) => this.writer.writeBest(hypotheses, (speech[n] as { duration: number }).duration, nBest)))
    }
    return inputs === input ? transcripts : (transcripts[0] as Transcript)
  }

  /**
   * Transcribes a recording while it is heard, with the result of `transcribe`.
   *
   *     const stream = transcriber.stream()
   *     for await (const samples of microphone) console.log(stream.push(samples).text)
   *     console.log(stream.finish().text)
   *
   * @throws Error, one line, for a model that needs whole recordings: its encoder is not causal, or its decoder attends
   */
  stream(): TranscriptStream {
    return new TranscriptStream(this.reader.stream(), this.recognizer.stream(), this.writer, this.sampleRate)
  }

  /** Frees the graphs; the transcriber cannot be used afterwards. */
  dispose(): void {
    this.recognizer.dispose()
  }
}

/** From tokens to what users read. */
class TranscriptWriter {
  constructor(private readonly tokenizer: Tokenizer, private readonly secondsPerFrame: number) {}

  write(found: TimedTokens, duration: number): Transcript {
    return { ...this.read(found), duration }
  }

  /** @param hypotheses the best first */
  writeBest(hypotheses: readonly ScoredTokens[], duration: number, nBest: number): Transcript {
    const transcript = this.write(hypotheses[0] as ScoredTokens, duration)
    if (nBest === 1) return transcript
    // Token sequences that spell one text differ for search alone.
    const texts = new Map<string, Alternative>()
    for (const found of hypotheses) {
      if (texts.size === nBest) break
      const one = { ...this.read(found), score: found.score }
      if (!texts.has(one.text)) texts.set(one.text, one)
    }
    return { ...transcript, alternatives: [...texts.values()] }
  }

  /** @param settled how many tokens stay */
  writePartial(found: TimedTokens, settled: number, duration: number): PartialTranscript {
    const transcript = this.write(found, duration)
    const beginning = spelled(this.tokenizer, found.tokens.slice(0, settled))
    let stable = 0
    while (stable < beginning.length && beginning[stable] === transcript.text[stable]) stable++
    return { ...transcript, stable }
  }

  private read(found: TimedTokens): Pick<Transcript, 'text' | 'words'> {
    return { text: spelled(this.tokenizer, found.tokens), words: timedWords(this.tokenizer, found, this.secondsPerFrame) }
  }
}

/** A recording that is transcribed while it is heard; made by `Transcriber.stream`. */
export class TranscriptStream {
  private samples = 0
  private finished = false

  /** @internal */
  constructor(
    private readonly features: FeatureStream,
    private readonly recognizer: RecognizerStream,
    private readonly writer: TranscriptWriter,
    private readonly sampleRate: number,
  ) {}

  /**
   * Hears the next samples, any number of them, at the transcriber's rate.
   *
   * @returns the transcript so far, of which the first `stable` characters stay as they are; with greedy search all do
   */
  push(samples: Float32Array): PartialTranscript {
    this.expectOpen()
    this.samples += samples.length
    this.recognizer.push(this.features.push(samples))
    return this.writer.writePartial(this.recognizer.found, this.recognizer.settled, this.heard)
  }

  /** @returns the transcript of the whole */
  finish(): Transcript {
    this.expectOpen()
    this.finished = true
    this.recognizer.push(this.features.finish())
    this.recognizer.finish()
    return this.writer.write(this.recognizer.found, this.heard)
  }

  /** Seconds. */
  private get heard(): number {
    return this.samples / this.sampleRate
  }

  private expectOpen(): void {
    if (this.finished) throw new Error('This stream is finished: make another one for another recording.')
  }
}
