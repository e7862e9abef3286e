import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { FeatureExtractor, featureWidth } from '@parlance/audio'
import { GraphSession, locateSafetensors } from '@parlance/runtime/session'
import type { Tokenizer } from '@parlance/tokenizer'
import { type ModelConfig, readModelConfig } from './config.js'
import { greedyTokens } from './ctc-greedy.js'
import { cut, type Piece } from './pieces.js'
import { readSpeech, type Speech } from './speech.js'
import { encodedLength } from './subsampling.js'
import { readTokenizer, spelled } from './units.js'

/** The inference graph in a model folder. */
export const ENCODER_FILE = 'encoder.onnx'

/** Inputs that are in memory at a time, as a multiple of the batch size: enough to batch what is of like length. */
const WINDOW = 8

/** A path of a WAV file, or samples (N) at the transcriber's rate, nominally in [-1, 1). */
export type SpeechInput = string | Float32Array

export interface Transcript {
  text: string
  /** Of the recording, in seconds. */
  duration: number
}

export interface TranscribeOptions {
  /** Pieces of audio that are computed together. It never changes a result. Default 8. */
  batchSize?: number
}

/**
 * Speech to text with a trained model. Needs no TF.js.
 *
 *     const transcriber = await Transcriber.load('runs/yes-no')
 *     const { text } = transcriber.transcribe('speech.wav')
 */
export class Transcriber {
  private readonly extractor: FeatureExtractor

  private constructor(
    private readonly config: ModelConfig,
    private readonly tokenizer: Tokenizer,
    private readonly encoder: GraphSession,
  ) {
    this.extractor = new FeatureExtractor(config.features)
  }

  /**
   * Loads a model folder.
   *
   * @throws Error, one line, when a file is missing or does not belong to the others
   */
  static async load(folder: string, { threads }: { threads?: number } = {}): Promise<Transcriber> {
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
    const graph = join(folder, ENCODER_FILE)
    if (!existsSync(graph)) {
      throw new Error(`${graph}: there is no such file: the training did not end; resume it, which writes the graph.`)
    }
    checkWeights(join(folder, 'model.safetensors'), config)
    return new Transcriber(config, tokenizer, GraphSession.load(graph, threads === undefined ? {} : { threads }))
  }

  /** Hz: of samples that are given directly. */
  get sampleRate(): number {
    return this.config.features.sampleRate
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
    { batchSize = 8 }: TranscribeOptions = {},
  ): Transcript | Transcript[] {
    if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
      throw new RangeError(`The batch size must be a whole number of 1 or more, got ${batchSize}.`)
    }
    const inputs = typeof input === 'string' || input instanceof Float32Array ? [input] : input
    const transcripts: Transcript[] = []
    for (let i = 0; i < inputs.length; i += WINDOW * batchSize) {
      transcripts.push(...this.transcribeWindow(inputs.slice(i, i + WINDOW * batchSize), batchSize))
    }
    return inputs === input ? transcripts : (transcripts[0] as Transcript)
  }

  /** Frees the graph; the transcriber cannot be used afterwards. */
  dispose(): void {
    this.encoder.dispose()
  }

  private transcribeWindow(inputs: readonly SpeechInput[], batchSize: number): Transcript[] {
    const { vocabSize } = this.config
    const durations: number[] = []
    const scores: Float32Array[] = []
    const pieces: Piece[] = []
    for (const [index, input] of inputs.entries()) {
      const { samples, duration } = this.read(input)
      const features = this.extractor.compute(samples)
      durations.push(duration)
      scores.push(new Float32Array(encodedLength(features.frames) * vocabSize))
      pieces.push(...cut(index, features, this.config.encoder))
    }
    pieces.sort((a, b) => a.features.frames - b.features.frames)
    for (let i = 0; i < pieces.length; i += batchSize) this.encode(pieces.slice(i, i + batchSize), scores)
    return scores.map((rows, index) => ({
      text: spelled(this.tokenizer, greedyTokens(rows, rows.length / vocabSize, vocabSize)),
      duration: durations[index] as number,
    }))
  }

  private read(input: SpeechInput): Speech {
    if (typeof input === 'string') return readSpeech(input, this.sampleRate)
    return { samples: input, duration: input.length / this.sampleRate }
  }

  /** Puts the log-probabilities of the frames that count where they belong in `scores`, (T', V) of each recording. */
  private encode(pieces: readonly Piece[], scores: readonly Float32Array[]): void {
    const { width: bins } = this.extractor
    const { vocabSize } = this.config
    const most = Math.max(...pieces.map(({ features }) => features.frames))
    const features = new Float32Array(pieces.length * most * bins)
    for (const [n, piece] of pieces.entries()) features.set(piece.features.data, n * most * bins)
    const lengths = Int32Array.from(pieces, (piece) => piece.features.frames)
    const { log_probs: output } = this.encoder.run({
      features: { data: features, shape: [pieces.length, most, bins] },
      lengths: { data: lengths, shape: [pieces.length] },
    })
    const data = output?.data as Float32Array
    const steps = output?.shape[1] as number
    for (const [n, { index, skip, count, at }] of pieces.entries()) {
      const first = (n * steps + skip) * vocabSize
      const target = scores[index] as Float32Array
      target.set(data.subarray(first, first + count * vocabSize), at * vocabSize)
    }
  }
}

/** @throws Error, one line, when the weights are not of the architecture that the config describes */
function checkWeights(file: string, { encoder, features, vocabSize }: ModelConfig): void {
  const { width, layers, positionKernel } = encoder
  const wanted: Record<string, number[]> = {
    'normalization.mean': [featureWidth(features)],
    'position.weight': [width, width, positionKernel],
    'output.weight': [vocabSize, width],
  }
  const tensors = locateSafetensors(file)
  for (const [name, shape] of Object.entries(wanted)) {
    const got = tensors.get(name)?.shape
    if (got?.join() !== shape.join()) {
      const found = got ? `has shape [${got.join(', ')}]` : 'is missing'
      throw new Error(`${file}: ${name} ${found}, wanted [${shape.join(', ')}]: these weights are of another model than config.json.`)
    }
  }
  const blocks = new Set([...tensors.keys()].flatMap((name) => /^blocks\.(\d+)\./.exec(name)?.[1] ?? []))
  if (blocks.size !== layers) {
    throw new Error(`${file}: has ${blocks.size} blocks, wanted ${layers}: these weights are of another model than config.json.`)
  }
}
