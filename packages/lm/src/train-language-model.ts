import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AdamW, cosineSchedule, namedParameters, type Optimizer, parameterCount, type ProgressStream, type ReportSection, train, type TrainResult, trainingStep, UsageError } from '@parlance/nn'
import { jit, type tf } from '@parlance/runtime'
import type { Tokenizer } from '@parlance/tokenizer'
import { tokensNeeded } from './batches.js'
import type { ModelConfig, TrainingConfig } from './config.js'
import { removeGraphs, writeGraphs } from './export.js'
import { LEAST_VOCABULARY } from './graphs.js'
import { LanguageModel } from './language-model.js'
import { LstmObjective } from './lstm-objective.js'
import { modelCard } from './model-card.js'
import { folderConfig, plannedSteps } from './model-folder.js'
import type { Objective } from './objective.js'
import { stepsWithin } from './pace.js'
import { savedName } from './parameter-names.js'
import type { TokenizedText } from './text.js'
import { TransformerObjective } from './transformer-objective.js'

const SAMPLE_PROMPT_TOKENS = 8
const SAMPLE_TOKENS = 300
/** nanoGPT's for its CPU setting. */
const DEFAULT_STEPS = 2000

export interface TrainLanguageModelOptions {
  /** Where the model goes; made if it is not there. */
  folder: string
  training: TrainingConfig
  tokenizer: Tokenizer
  /** What is learned from. */
  corpus: TokenizedText
  /** What evaluations are on. */
  validation: TokenizedText
  /** Goes on from the folder's checkpoint; default false. */
  resume?: boolean
  /** Where progress goes; default stderr. */
  progress?: ProgressStream
}

/** The model that a training config describes, for a vocabulary. Throws a UsageError for fields that do not go together. */
export function modelConfig(training: TrainingConfig, vocabSize: number): ModelConfig {
  const { model, layers, width, context, dropout, heads = 4, activation = 'gelu', bias = false, tied = true } = training
  const ofTheOther = model === 'transformer' ? (['tied'] as const) : (['heads', 'activation', 'bias'] as const)
  const misplaced = ofTheOther.find((name) => training[name] !== undefined)
  if (misplaced) throw new UsageError(`${misplaced} does not go with the model ${model}: leave it out.`)
  if (vocabSize < LEAST_VOCABULARY) {
    throw new UsageError(`The tokenizer has ${vocabSize} tokens, but ${LEAST_VOCABULARY} are needed: give more varied text.`)
  }
  const shared = { vocabSize, context, layers, width, dropout }
  if (model === 'lstm') return { type: model, ...shared, tied }
  if (width % heads !== 0) throw new UsageError(`width must be a multiple of heads, got width ${width} and ${heads} heads.`)
  return { type: model, ...shared, heads, activation, bias }
}

/** A new model and how it learns from `tokens`. */
export function createObjective(config: ModelConfig, options: { tokens: Int32Array; training: TrainingConfig }): Objective {
  return config.type === 'transformer' ? new TransformerObjective(config, options) : new LstmObjective(config, options)
}

/** A model's parameters by their names in `model.safetensors`. */
export function savedParameters(config: ModelConfig, { model }: Pick<Objective, 'model'>): Map<string, tf.Variable> {
  return new Map([...namedParameters(model)].map(([name, variable]) => [savedName(config.type, name), variable]))
}

/** An optimizer whose saved state holds more variables. */
function withState(optimizer: Optimizer, more: ReadonlyMap<string, tf.Variable>): Optimizer {
  return {
    apply: (gradients, learningRate, step) => optimizer.apply(gradients, learningRate, step),
    state: () => new Map([...optimizer.state(), ...more]),
    dispose: () => optimizer.dispose(),
  }
}

/**
 * Trains a language model by AdamW with warm-up and a cosine, and leaves a model folder (see `train` of `@parlance/nn`).
 * `useDevice` comes first.
 *
 * @throws UsageError for a config that cannot work, or a text that is shorter than one batch
 */
export async function trainLanguageModel(options: TrainLanguageModelOptions): Promise<TrainResult> {
  const { folder, training, tokenizer, corpus, validation, resume = false, progress } = options
  const config = modelConfig(training, tokenizer.vocabSize)
  checkLength('training', corpus, tokensNeeded(config.type, training.batch, training.context))
  checkLength('validation', validation, config.type === 'lstm' ? 20 : 2)
  const began = performance.now()
  const steps = await planSteps(options, config)
  const schedule = checkedSchedule(training, steps)
  const { objective, parameters, optimizer, trainStep } = createTrainee(config, training, corpus)
  const { maxMinutes, patience } = training
  const secondsLeft = maxMinutes === undefined ? undefined : Math.max(1, maxMinutes * 60 - (performance.now() - began) / 1000)
  const evaluated = validation.tokens.subarray(0, training.evaluationTokens)
  const bytesPerToken = validation.bytes / validation.tokens.length
  const exportGraphs = () => writeGraphs(folder, objective.model)
  if (resume) removeGraphs(folder)
  const result = await train({
    folder,
    config: folderConfig({ config, tokenizer, training: { ...training, maxSteps: steps }, corpus, validation }),
    files: { 'tokenizer.json': `${JSON.stringify(tokenizer.toJSON())}\n`, 'README.md': modelCard(config, tokenizer) },
    parameters,
    optimizer,
    trainStep,
    batch: (step) => objective.batch(step),
    schedule,
    evaluation: {
      every: training.evaluateEvery,
      metric: 'loss',
      direction: 'minimize',
      ...(patience !== undefined && { patience }),
      evaluate: async () => {
        const loss = await objective.evaluate(evaluated)
        return { loss, perplexity: Math.exp(loss), bitsPerByte: loss / Math.LN2 / bytesPerToken }
      },
    },
    maxSteps: steps,
    ...(secondsLeft !== undefined && { maxSeconds: secondsLeft }),
    logEvery: training.logEvery,
    checkpointEvery: training.checkpointEvery,
    weights: training.weights,
    resume,
    ...(progress && { progress }),
    report: {
      title: `A language model: ${config.type}, ${config.layers} × ${config.width}`,
      figures: () => [
        { name: 'parameters', value: parameterCount(objective.model), convention: 'all, tied ones counted once' },
        { name: 'vocabulary', value: tokenizer.vocabSize, convention: 'tokens' },
        { name: 'training text', value: corpus.tokens.length, convention: 'tokens' },
        { name: 'validation text', value: evaluated.length, convention: `tokens; ${bytesPerToken.toFixed(3)} bytes per token` },
      ],
      sections: async () => {
        exportGraphs()
        return [await sampleSection(folder, validation)]
      },
    },
  })
  if (result.reason === 'interrupted') exportGraphs()
  optimizer.dispose()
  return result
}

/** A new model with its optimizer and compiled step. */
function createTrainee(config: ModelConfig, training: TrainingConfig, { tokens }: TokenizedText) {
  const objective = createObjective(config, { tokens, training })
  const parameters = savedParameters(config, objective)
  const { beta2, weightDecay, maxGradientNorm } = training
  const optimizer = withState(new AdamW(parameters, { beta2, weightDecay }), objective.carried)
  const loss = (batch: tf.NamedTensorMap, step: tf.Tensor) => objective.loss(batch, step)
  const trainStep = jit(trainingStep({ parameters, optimizer, loss, maxGradientNorm }))
  return { objective, parameters, optimizer, trainStep }
}

/** How many steps the training has: as the config says, as the resumed run planned, or as many as fit into its minutes. */
async function planSteps({ folder, training, corpus, validation, resume }: TrainLanguageModelOptions, config: ModelConfig): Promise<number> {
  const { maxSteps, maxMinutes, evaluateEvery, evaluationTokens } = training
  if (maxSteps !== undefined) return maxSteps
  const planned = resume && existsSync(join(folder, 'config.json')) ? plannedSteps(folder) : undefined
  if (planned !== undefined) return planned
  if (maxMinutes === undefined) return DEFAULT_STEPS
  const { objective, optimizer, trainStep } = createTrainee(config, training, corpus)
  const evaluate = () => objective.evaluate(validation.tokens.subarray(0, evaluationTokens))
  const batch = (step: number) => objective.batch(step)
  const steps = await stepsWithin(maxMinutes * 60, { trainStep, batch, evaluate, evaluateEvery })
  trainStep.dispose()
  optimizer.dispose()
  objective.model.dispose()
  for (const variable of objective.carried.values()) variable.dispose()
  return Math.max(steps, training.warmupSteps + 1)
}

/** What the model writes when it goes on from the beginning of the validation text. */
async function sampleSection(folder: string, { tokens }: TokenizedText): Promise<ReportSection> {
  const model = await LanguageModel.load(folder)
  const prompt = model.tokenizer.decode(tokens.subarray(0, SAMPLE_PROMPT_TOKENS))
  const continuation = await model.generate(prompt, { maxTokens: SAMPLE_TOKENS, temperature: 0.8, topK: 200, seed: 1 })
  model.dispose()
  return { title: 'Sample: temperature 0.8, the 200 most probable tokens, after the first words of the validation text', text: prompt + continuation }
}

function checkLength(name: string, { tokens }: TokenizedText, least: number): void {
  if (tokens.length < least) {
    throw new UsageError(`The ${name} text has ${tokens.length} tokens, but ${least} are needed: give more text, or a smaller batch and context.`)
  }
}

function checkedSchedule({ learningRate, minLearningRate, warmupSteps }: TrainingConfig, totalSteps: number) {
  try {
    return cosineSchedule({ peak: learningRate, floor: minLearningRate, warmupSteps, totalSteps })
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error })
  }
}
