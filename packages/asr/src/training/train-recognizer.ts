import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { featureStats } from '@parlance/audio'
import {
  AdamW, cosineSchedule, ExponentialAverage, namedParameters, type Optimizer, parameterCount, type ProgressStream, train,
  TrainingContext, trainingStep, type TrainResult,
} from '@parlance/nn'
import { UsageError } from '@parlance/nn/command-line'
import { type DeviceName, jit, Random, type tf, useDevice, writeFileAtomic } from '@parlance/runtime'
import type { Tokenizer } from '@parlance/tokenizer'
import { type SpeechBatch, trainingBatches } from './batches.js'
import { modelConfig, parseTrainingConfig, type TrainingConfig, type TrainingOptions } from '../config.js'
import { TIMING_FILE, writeTiming } from '../transcript/emission-timing.js'
import { FAMILIARITY_FILE, writeFamiliarity } from '../transcript/familiarity.js'
import { GRAPH_FILES } from '../graphs/files.js'
import { writeRecognizerGraphs } from '../graphs/recognizer-graphs.js'
import { readManifest, type Utterance } from '../manifest.js'
import { initializeFrom, loadWeights } from '../model/load-recognizer.js'
import { recognizerLoss } from '../model/loss.js'
import { RecognizerModel } from '../model/recognizer.js'
import { modelCard } from './model-card.js'
import { type Pronunciation, readLexicon } from '../modular/lexicon.js'
import { phoneTranscripts } from '../modular/phone-transcripts.js'
import { ReadingProgress } from './reading-progress.js'
import { Recordings } from './recordings.js'
import { reportFigures, reportSections } from './report.js'
import { isPrecomputed } from '../speech/speech-features.js'
import { Transcriber } from '../transcriber.js'
import { makeTokenizer, readTokenizer } from '../tokens/units.js'
import { validation } from './validation.js'

export interface TrainRecognizerOptions {
  /** Manifest of the recordings to train on. */
  data: string
  /** Manifest that decides which model is best, by the config's `metric`; without it the last one is kept. */
  valid?: string
  /** The model folder. */
  output: string
  /** Whatever is left out has its default. */
  config?: TrainingOptions
  /** A tokenizer.json whose first token is `<blank>`; default: the config's `units` of the training transcripts. */
  tokenizer?: string
  /** A pronunciation lexicon: trains a model of its phones, the acoustic part of a modular recogniser. */
  lexicon?: string
  /** A model folder to begin with: its encoder, and whatever else has the same name and shape. */
  init?: string
  /** What computes. Default auto: a GPU where there is one, else the CPU with the config's threads. */
  device?: DeviceName
  /** Goes on from the folder's last checkpoint. Default false. */
  resume?: boolean
  /** Where progress goes; default stderr. */
  progress?: ProgressStream
}

export interface TrainRecognizerResult extends TrainResult {
  /** Recordings left out because they are shorter than their transcripts, which leaves nothing to align. */
  leftOut: string[]
}

/**
 * Trains a model from a manifest into a model folder that `Transcriber.load` reads. Makes TF.js compute on the device.
 * All recordings are read once before, so that what cannot be read is named then; sound and features of large corpora are
 * read and computed again when they are needed, those of small ones (2 GiB) stay in memory.
 *
 * @throws UsageError for settings that cannot work; Error, one line, for data that cannot be read
 */
export async function trainRecognizer(options: TrainRecognizerOptions): Promise<TrainRecognizerResult> {
  const { output, progress, resume = false, device = 'auto' } = options
  const config = parseTrainingConfig(options.config ?? {}, 'training config')
  const lexicon = options.lexicon === undefined ? undefined : readLexicon(options.lexicon)
  const read = (file: string): Utterance[] => (lexicon ? phoneTranscripts(readManifest(file), lexicon, config.seed) : readManifest(file))
  const utterances = read(options.data)
  const validUtterances = options.valid === undefined ? undefined : read(options.valid)
  const tokenizer = await tokenizerOf(options, lexicon, utterances, config)
  await useDevice(device, config.threads === undefined ? {} : { threads: config.threads })

  const { subsampling } = config.encoder
  const recordings = new Recordings(utterances, config.features, tokenizer, subsampling, config.transducer.emissionDelay)
  const usable: number[] = []
  const leftOut: string[] = []
  const stats = featureStats(function* () {
    const reading = new ReadingProgress(progress ?? process.stderr, recordings.count)
    try {
      for (let index = 0; index < recordings.count; index++) {
        if (recordings.fits(index)) {
          usable.push(index)
          yield recordings.features(index)
        } else leftOut.push((utterances[index] as Utterance).audio)
        reading.done(index + 1)
      }
    } finally {
      reading.stop()
    }
    if (usable.length === 0) {
      throw new Error(`${options.data}: every recording is shorter than its transcript (less than one encoder frame of ${subsampling} feature frames a token).`)
    }
  }())
  const saved = modelConfig(config, tokenizer)
  const model = new RecognizerModel(saved, recordings.width, new Random(config.seed, 'model'))
  if (options.init !== undefined) initializeFrom(model, options.init)
  model.setNormalization(stats)

  const valid = validUtterances && new Recordings(validUtterances, config.features, tokenizer, subsampling, config.transducer.emissionDelay)
  const validate = valid && validation(model, valid, config)
  const parameters = namedParameters(model)
  const adam = new AdamW(trainable(parameters), { weightDecay: config.weightDecay, beta2: 0.98 })
  const { averageDecay } = config
  const optimizer = averageDecay === 0 ? adam : new ExponentialAverage(trainable(parameters), adam, { decay: averageDecay })
  // While the training goes on, the weights may not be those that older graphs point into.
  if (resume) for (const file of Object.values(GRAPH_FILES)) rmSync(join(output, file), { force: true })
  const restoreBest = () => loadWeights(model, join(output, 'model.safetensors'))
  const result = await train<SpeechBatch>({
    folder: output,
    config: saved,
    files: { 'tokenizer.json': `${JSON.stringify(tokenizer.toJSON())}\n` },
    parameters,
    optimizer,
    trainStep: jit(recognizerStep(model, optimizer, config)),
    batch: trainingBatches(recordings, usable, stats.mean, config),
    schedule: cosineSchedule({
      peak: config.learningRate,
      warmupSteps: Math.min(config.warmupSteps, config.maxSteps),
      totalSteps: config.maxSteps,
    }),
    maxSteps: config.maxSteps,
    logEvery: config.logEvery,
    checkpointEvery: config.checkpointEvery,
    weights: config.weights,
    resume,
    ...(config.maxMinutes === undefined ? {} : { maxSeconds: 60 * config.maxMinutes }),
    ...(progress ? { progress } : {}),
    ...(validate ? { evaluation: evaluationOf(validate, config) } : {}),
    report: {
      title: `Speech recognition: ${options.data}`,
      figures: async () => {
        restoreBest()
        return reportFigures(model, parameterCount(model), await validate?.())
      },
      sections: () => reportSections(model, valid ?? recordings, config, validate),
    },
  })
  restoreBest()
  writeRecognizerGraphs(model, recordings.width, output)
  await measure(output, validUtterances ?? utterances, config)
  writeFileAtomic(join(output, 'README.md'), modelCard(saved, result))
  return { ...result, leftOut }
}

/** Recordings that say how transcripts of familiar audio look, and how late words are. */
const FAMILIAR = 300

/** Writes what `Transcriber` needs to warn of audio that the model does not know and to say when words were spoken. */
async function measure(folder: string, utterances: readonly Utterance[], { features, transducer, threads, seed }: TrainingConfig): Promise<void> {
  const [file, timing] = [join(folder, FAMILIARITY_FILE), join(folder, TIMING_FILE)]
  for (const old of [file, timing]) rmSync(old, { force: true })
  // Such features do not tell speech from background.
  if (isPrecomputed(features)) return
  const transcriber = await Transcriber.load(folder, threads === undefined ? {} : { threads })
  const some = Array.from(new Random(seed, 'familiar').permutation(utterances.length).slice(0, FAMILIAR), (i) => utterances[i] as Utterance)
  const transcripts = transcriber.transcribe(some.map(({ audio }) => audio))
  writeFamiliarity(file, transcripts)
  if (transducer.emissionDelay > 0) writeTiming(timing, some, transcripts)
  transcriber.dispose()
}

/** @throws UsageError for a lexicon and a tokenizer at once */
async function tokenizerOf(
  options: TrainRecognizerOptions,
  lexicon: readonly Pronunciation[] | undefined,
  utterances: readonly Utterance[],
  { units }: TrainingConfig,
): Promise<Tokenizer> {
  if (lexicon) {
    if (options.tokenizer !== undefined) throw new UsageError('A model of a lexicon\'s phones has these for tokens: leave the tokenizer away, or the lexicon.')
    return makeTokenizer(lexicon.map(({ phones }) => phones.join(' ')), 'words')
  }
  return options.tokenizer === undefined ? makeTokenizer(utterances.map(({ text }) => text), units) : readTokenizer(options.tokenizer)
}

/** Forward, backward and update on one batch; the loss is the sum over the batch, divided by the number of tokens. */
export function recognizerStep(model: RecognizerModel, optimizer: Optimizer, { maxGradientNorm, seed }: Pick<TrainingConfig, 'maxGradientNorm' | 'seed'>) {
  return trainingStep<SpeechBatch>({
    parameters: trainable(namedParameters(model)),
    optimizer,
    maxGradientNorm,
    loss: (batch, step) => recognizerLoss(model, batch, step, new TrainingContext({ seed, step, examples: batch.examples })),
  })
}

/** Everything but the feature statistics. */
export function trainable(parameters: ReadonlyMap<string, tf.Variable>): Map<string, tf.Variable> {
  return new Map([...parameters].filter(([, variable]) => variable.trainable))
}

function evaluationOf(validate: ReturnType<typeof validation>, { evaluateEvery, metric, patience }: TrainingConfig) {
  return {
    evaluate: async () => {
      const { loss, errors } = await validate()
      return { loss, wer: errors.rate }
    },
    every: evaluateEvery,
    metric,
    direction: 'minimize' as const,
    ...(patience === undefined ? {} : { patience }),
  }
}
