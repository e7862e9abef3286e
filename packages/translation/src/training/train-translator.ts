import {
  AdamW,
  epochBatches,
  ExponentialAverage,
  namedParameters,
  parameterCount,
  type ProgressStream,
  train,
  trainingStep,
  type TrainResult,
} from '@parlance/nn'
import { UsageError } from '@parlance/nn/command-line'
import { jit } from '@parlance/runtime'
import { cleaningTable } from '../cleaning/cleaning-table.js'
import type { TrainingConfig } from '../config.js'
import { type Batch, epochPlanner } from '../data/batches.js'
import { chooseBuckets } from '../data/buckets.js'
import { exampleLength } from '../data/examples.js'
import { prepareData, type TrainingFiles } from '../data/training-data.js'
import { folderConfig } from '../folder-config.js'
import { exportTranslator, removeGraphs } from '../inference-files.js'
import { modelCard } from '../model-card.js'
import { modelConfig } from '../model-config.js'
import { createModel } from '../models/create-model.js'
import { fileNames } from '../parameter-names.js'
import { TranslationEvaluation } from './evaluation.js'
import { loadWeights, readTrainedModel, tokenizerFile } from './model-folder.js'
import { labelObjective, type Objective, teacherObjective } from './objective.js'
import { batchSection, cleaningSection } from './report-sections.js'
import { learningRates } from './schedule.js'

export interface TrainTranslatorOptions {
  files: TrainingFiles
  /** A model folder to start from: its weights, and its tokenizer with the tags that it lacks. The architecture must be the same. */
  init?: string
  /** A model folder whose distributions the model learns besides the labels, and whose tokenizer it takes. */
  teacher?: string
  /** The run folder, which becomes the model folder. */
  output: string
  config: TrainingConfig
  /** Goes on with the run that is in `output`. */
  resume?: boolean
  /** Threads of the evaluation's translations; all cores by default. The device's own are set by `useDevice`. */
  threads?: number
  /** Where progress and what was left out of the data go; default stderr. */
  progress?: ProgressStream
}

/**
 * Trains a translator and leaves a model folder that `Translator.load` reads. Needs `useDevice` before.
 *
 * @throws UsageError for a config that cannot work, or a folder that holds another run
 * @throws Error, one line, for data that cannot be used, a loss that is not finite, a full disk
 */
export async function trainTranslator(options: TrainTranslatorOptions): Promise<TrainResult> {
  const { output, config, progress = process.stderr } = options
  const [init, teacher] = [options.init, options.teacher].map((folder) => (folder === undefined ? undefined : readTrainedModel(folder)))
  const shape = modelConfig(config, config.vocabSize)
  const data = await prepareData(withTokenizer(options), config)
  const architecture = { ...shape, vocabSize: data.tokenizer.vocabSize }
  const model = createModel(architecture, config.seed, config)
  const parameters = fileNames(namedParameters(model))
  if (init) loadWeights(init, architecture, parameters)
  const adam = new AdamW(parameters, { beta2: 0.98, epsilon: 1e-9, weightDecay: config.weightDecay })
  const { averageDecay } = config
  const optimizer = averageDecay === 0 ? adam : new ExponentialAverage(parameters, adam, { decay: averageDecay })
  const lengths = Array.from({ length: data.train.count }, (_, i) => exampleLength(data.train, i))
  const buckets = chooseBuckets(lengths, config.batchShapes, config.batchTokens)
  const batchAt = epochBatches(epochPlanner(data.train, buckets, config.seed, data.shares))
  const cleaning = data.cleaning.map(({ name, report }) => cleaningTable(name, report)).join('\n\n')
  let objective: Objective | undefined
  // When the first batch is asked for, the folder is known to be one that can be written.
  const begin = (): Objective => {
    removeGraphs(output)
    progress.write(`${cleaning}\n`)
    if (!teacher) return labelObjective(model, data, config)
    return teacherObjective(model, data, config, buckets, teacher, progress)
  }
  const step = trainingStep<Batch>({
    parameters,
    optimizer,
    loss: (batch, step) => (objective as Objective).loss(batch, step),
    maxGradientNorm: config.maxGradientNorm,
  })
  const evaluation = new TranslationEvaluation(model, data, config, options.threads)
  const result = await train<Batch>({
    folder: output,
    config: {
      ...folderConfig({ model: architecture, tokenizer: { hash: data.tokenizer.hash } }),
      training: runConfig(config),
      data: { pairs: data.train.count, validationPairs: data.valid.count, hash: data.hash },
      ...(init && { init: init.hash }),
      ...(teacher && { teacher: teacher.hash }),
    },
    files: {
      'tokenizer.json': `${JSON.stringify(data.tokenizer.toJSON(), null, 2)}\n`,
      'README.md': modelCard(architecture, data.tokenizer),
    },
    parameters,
    optimizer,
    trainStep: jit(step),
    batch: (step) => {
      objective ??= begin()
      return objective.makeBatch(batchAt(step).batch)
    },
    schedule: learningRates(config),
    evaluation: {
      evaluate: () => evaluation.run(),
      every: config.evaluateEvery,
      metric: config.metric,
      direction: config.metric === 'loss' ? 'minimize' : 'maximize',
      ...(config.patience === undefined ? {} : { patience: config.patience }),
    },
    ...(config.maxSteps === undefined ? {} : { maxSteps: config.maxSteps }),
    ...(config.maxMinutes === undefined ? {} : { maxSeconds: 60 * config.maxMinutes }),
    logEvery: config.logEvery,
    checkpointEvery: config.checkpointEvery,
    weights: config.weights,
    resume: options.resume ?? false,
    progress,
    report: {
      title: 'Translation training',
      figures: () => [
        { name: 'parameters', value: parameterCount(model), convention: 'the shared embeddings counted once' },
        ...evaluation.figures(),
      ],
      sections: () => [...evaluation.sections(), cleaningSection(cleaning), batchSection(data.train, buckets)],
    },
  })
  exportTranslator(output)
  return result
}

/** A model that is started from, and a teacher, bring their tokenizer. */
function withTokenizer({ files, init, teacher }: TrainTranslatorOptions): TrainingFiles {
  const folder = init ?? teacher
  if (folder === undefined) return files
  if (files.tokenizer !== undefined) throw new UsageError(`The tokenizer is that of ${folder}: leave out ${files.tokenizer}.`)
  return { ...files, tokenizer: tokenizerFile(folder) }
}

/** As `config.json` has it: the limits by the names that a resumed run may change. */
function runConfig({ maxMinutes, ...config }: TrainingConfig): object {
  return maxMinutes === undefined ? config : { ...config, maxSeconds: 60 * maxMinutes }
}
