import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { featureStats, featureWidth } from '@parlance/audio'
import {
  AdamW, cosineSchedule, ctcLoss, loadParameters, namedParameters, parameterCount, train, TrainingContext, trainingStep,
  type ProgressStream, type SummedLoss, type TrainResult,
} from '@parlance/nn'
import { jit, Random, readSafetensors, tf, toFloat32, useDevice, writeFileAtomic } from '@parlance/runtime'
import { type SpeechBatch, trainingBatches } from './batches.js'
import { modelConfig, parseTrainingConfig, type TrainingConfig, type TrainingOptions } from './config.js'
import { BLANK } from './ctc-greedy.js'
import { writeEncoderGraph } from './encoder-graph.js'
import { readManifest, type Utterance } from './manifest.js'
import { CtcModel } from './model.js'
import { modelCard } from './model-card.js'
import { Recordings } from './recordings.js'
import { reportFigures, reportSections } from './report.js'
import { ENCODER_FILE } from './transcriber.js'
import { makeTokenizer, readTokenizer } from './units.js'
import { validation } from './validation.js'

export interface TrainRecognizerOptions {
  /** Manifest of the recordings to train on. */
  data: string
  /** Manifest that decides which model is best, by CTC loss; without it the last one is kept. */
  valid?: string
  /** The model folder. */
  output: string
  /** Whatever is left out has its default. */
  config?: TrainingOptions
  /** A tokenizer.json whose first token is `<blank>`; default: the config's `units` of the training transcripts. */
  tokenizer?: string
  /** Goes on from the folder's last checkpoint. Default false. */
  resume?: boolean
  /** Where progress goes; default stderr. */
  progress?: ProgressStream
}

export interface TrainRecognizerResult extends TrainResult {
  /** Recordings left out because they are shorter than their transcripts: CTC has no alignment for them. */
  leftOut: string[]
}

/**
 * Trains a CTC model from a manifest into a model folder that `Transcriber.load` reads. Makes TF.js compute on the CPU
 * with the config's threads.
 *
 * @throws UsageError for settings that cannot work; Error, one line, for data that cannot be read
 */
export async function trainRecognizer(options: TrainRecognizerOptions): Promise<TrainRecognizerResult> {
  const { output, progress, resume = false } = options
  const config = parseTrainingConfig(options.config ?? {}, 'training config')
  const utterances = readManifest(options.data)
  const validUtterances = options.valid === undefined ? undefined : readManifest(options.valid)
  const tokenizer =
    options.tokenizer === undefined
      ? makeTokenizer(utterances.map(({ text }) => text), config.units)
      : await readTokenizer(options.tokenizer)
  await useDevice('cpu', config.threads === undefined ? {} : { threads: config.threads })

  const recordings = new Recordings(utterances, config.features, tokenizer)
  const indices = utterances.map((_, i) => i)
  const usable = indices.filter((index) => recordings.fits(index))
  const leftOut = indices.filter((index) => !usable.includes(index)).map((index) => (utterances[index] as Utterance).audio)
  if (usable.length === 0) {
    throw new Error(`${options.data}: every recording is shorter than its transcript (less than one encoder frame, 40 ms, a token).`)
  }
  const stats = featureStats(usable.map((index) => recordings.features(index)))
  const random = new Random(config.seed, 'model')
  const bins = featureWidth(config.features)
  const model = new CtcModel({ encoder: config.encoder, bins, vocabSize: tokenizer.vocabSize, random })
  model.setNormalization(stats)

  const valid = validUtterances && new Recordings(validUtterances, config.features, tokenizer)
  const validate = valid && validation(model, valid, tokenizer, config)
  const parameters = namedParameters(model)
  const optimizer = new AdamW(trainable(parameters), { weightDecay: config.weightDecay, beta2: 0.98 })
  const saved = modelConfig(config, tokenizer)
  // While the training goes on, the weights may not be those that an older graph points into.
  if (resume) rmSync(join(output, ENCODER_FILE), { force: true })
  const restoreBest = () => loadModel(model, join(output, 'model.safetensors'))
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
        return reportFigures(parameterCount(model), await validate?.())
      },
      sections: () => reportSections(model, valid ?? recordings, tokenizer, validate),
    },
  })
  restoreBest()
  writeEncoderGraph(model, bins, output)
  writeFileAtomic(join(output, 'README.md'), modelCard(saved, result))
  return { ...result, leftOut }
}

/** Forward, backward and update on one batch; the loss is the sum of CTC losses over the number of tokens. */
export function recognizerStep(model: CtcModel, optimizer: AdamW, { maxGradientNorm, seed }: Pick<TrainingConfig, 'maxGradientNorm' | 'seed'>) {
  return trainingStep<SpeechBatch>({
    parameters: trainable(namedParameters(model)),
    optimizer,
    maxGradientNorm,
    loss: ({ features, frames, labels, labelLengths, examples }, step): SummedLoss => {
      const context = new TrainingContext({ seed, step, examples })
      const { logits, lengths } = model.forward(features, frames, context)
      const losses = ctcLoss(logits, labels, lengths, labelLengths, BLANK)
      return { sum: tf.sum(losses).asScalar(), count: tf.sum(tf.cast(labelLengths, 'float32')).asScalar() }
    },
  })
}

/** Everything but the feature statistics. */
export function trainable(parameters: ReadonlyMap<string, tf.Variable>): Map<string, tf.Variable> {
  return new Map([...parameters].filter(([, variable]) => variable.trainable))
}

function loadModel(model: CtcModel, file: string): void {
  const { tensors } = readSafetensors(file)
  loadParameters(model, new Map([...tensors].map(([name, tensor]) => [name, { shape: tensor.shape, data: toFloat32(tensor) }])))
}

function evaluationOf(validate: ReturnType<typeof validation>, { evaluateEvery, patience }: TrainingConfig) {
  return {
    evaluate: async () => {
      const { loss, errors } = await validate()
      return { loss, wer: errors.rate }
    },
    every: evaluateEvery,
    metric: 'loss',
    direction: 'minimize' as const,
    ...(patience === undefined ? {} : { patience }),
  }
}
