import { type FeatureConfig, featureConfigHash, parseFeatureConfig } from '@parlance/audio'
import { parseConfig, readJson, weightFormats } from '@parlance/nn/command-line'
import { z } from 'zod'

const size = z.int().min(1)
const share = z.number().min(0).max(0.9)

const features = z
  .unknown()
  .prefault({})
  .transform((value, context): FeatureConfig => {
    try {
      return parseFeatureConfig(value)
    } catch (error) {
      context.addIssue((error as Error).message)
      return z.NEVER
    }
  })
  .describe('log-mel features: sampleRate, bins and the other fields of a feature config')

const encoder = z
  .strictObject({
    width: size.default(128).describe('channels of the encoder, a multiple of the heads'),
    layers: size.default(4).describe('transformer blocks'),
    heads: size.default(4).describe('attention heads'),
    attentionContext: size.default(16).describe('encoder frames (4 feature frames) that attention sees on either side'),
    positionKernel: size.default(15).describe('encoder frames under the convolution that tells positions, odd'),
    dropout: share.default(0.1).describe('rate of dropout'),
  })
  .refine(({ width, heads }) => width % heads === 0, { path: ['width'], message: 'expected a multiple of heads' })
  .refine(({ positionKernel }) => positionKernel % 2 === 1, { path: ['positionKernel'], message: 'expected an odd number' })

/** The sizes of the encoder; `CtcModel` says what they mean. */
export type EncoderConfig = z.output<typeof encoder>

const augmentation = z.strictObject({
  speeds: z.array(z.number().min(0.5).max(2)).min(1).default([0.9, 0.95, 1, 1.05, 1.1])
    .describe('factors of speed and pitch, one drawn for each use of a recording'),
  gain: z.number().min(0).max(40).default(6).describe('decibels by which loudness changes at most, up or down'),
  splice: z.number().min(0).max(1).default(0)
    .describe('share of examples made of words from several recordings, cut where pauses show them'),
  timeMasks: z.int().min(0).default(2).describe('stretches of frames that are hidden'),
  timeMaskFrames: size.default(20).describe('feature frames in such a stretch, at most'),
  frequencyMasks: z.int().min(0).default(2).describe('bands of bins that are hidden'),
  frequencyMaskBins: size.default(8).describe('bins in such a band, at most'),
})

/** What is done to training examples so that no two epochs are alike; `augment` says how. */
export type AugmentationConfig = z.output<typeof augmentation>

/** The settings of a training run, each with its default. */
export const trainingConfigSchema = z.strictObject({
  features,
  units: z.enum(['characters', 'words']).default('characters')
    .describe('what transcripts are made of: characters, or words where there are few'),
  encoder: encoder.prefault({}),
  augmentation: augmentation.prefault({}),
  batchSize: size.default(8).describe('utterances in a batch'),
  buckets: size.default(3).describe('lengths to which utterances are padded; each is compiled once'),
  learningRate: z.number().positive().default(1e-3).describe('highest learning rate'),
  warmupSteps: z.int().min(0).default(100).describe('steps in which the learning rate rises'),
  weightDecay: z.number().min(0).default(0.01).describe('decoupled weight decay of AdamW'),
  maxGradientNorm: z.number().positive().default(5).describe('norm at which gradients are clipped'),
  maxSteps: size.default(2000).describe('steps of training; the learning rate falls to 0 until then'),
  maxMinutes: z.number().positive().optional().describe('wall-clock limit, evaluations included'),
  evaluateEvery: size.default(100).describe('steps between evaluations'),
  checkpointEvery: size.default(500).describe('steps between checkpoints'),
  weights: z.enum(weightFormats).default('float32').describe('what model.safetensors holds the weights as: float32, float16 or bfloat16'),
  logEvery: size.default(10).describe('steps between log entries'),
  patience: size.optional().describe('evaluations without improvement after which training stops'),
  seed: z.int().min(0).default(1).describe('seed of all randomness'),
  threads: size.optional().describe('threads of the device; all cores by default'),
})

/** The settings of a training run, defaults filled in. */
export type TrainingConfig = z.output<typeof trainingConfigSchema>
/** The settings of a training run; whatever is left out has its default. */
export type TrainingOptions = z.input<typeof trainingConfigSchema>

/**
 * Checks training settings from JSON or flags.
 *
 * @param source what they came from, for messages
 * @throws UsageError, one line, for unknown fields and impossible values
 */
export function parseTrainingConfig(json: unknown, source: string): TrainingConfig {
  return parseConfig(trainingConfigSchema, json, source)
}

/** The kind of model that a folder's `config.json` names. */
const ARCHITECTURE = 'ctc-transformer'

const modelConfigSchema = z.object({
  architecture: z.literal(ARCHITECTURE),
  features,
  /** SHA-256 of the full feature config. */
  featuresHash: z.string(),
  encoder,
  /** Outputs: the blank, 0, and the tokenizer's other tokens. */
  vocabSize: z.int().min(2),
  /** `hash` of the tokenizer. */
  tokenizerHash: z.string(),
  /** The settings of the training run, for the record. */
  training: z.unknown(),
})

/** `config.json` of a model folder. */
export type ModelConfig = z.output<typeof modelConfigSchema>

/** The model config that goes with training settings and a tokenizer. */
export function modelConfig(config: TrainingConfig, tokenizer: { vocabSize: number; hash: string }): ModelConfig {
  const { features, encoder, maxMinutes, ...rest } = config
  // The name by which the training loop knows that a resumed run may change it.
  const training = { ...rest, ...(maxMinutes === undefined ? {} : { maxSeconds: 60 * maxMinutes }) }
  return {
    architecture: ARCHITECTURE,
    features,
    featuresHash: featureConfigHash(features),
    encoder,
    vocabSize: tokenizer.vocabSize,
    tokenizerHash: tokenizer.hash,
    training,
  }
}

/**
 * Reads `config.json` of a model folder.
 *
 * @throws Error, one line, when it is missing, not JSON, of another kind of model, or changed by hand in its features
 */
export function readModelConfig(file: string): ModelConfig {
  const json = readJson(file)
  const architecture = (json as { architecture?: unknown } | null)?.architecture
  if (architecture !== ARCHITECTURE) {
    const kind = architecture === undefined ? 'no architecture' : `the architecture ${JSON.stringify(architecture)}`
    throw new Error(`${file}: it names ${kind}, not "${ARCHITECTURE}": give a folder that parlance-transcribe train wrote.`)
  }
  const config = parseConfig(modelConfigSchema, json, file)
  if (featureConfigHash(config.features) !== config.featuresHash) {
    throw new Error(`${file}: the features are not those that the model was trained on: restore the file, or train again.`)
  }
  return config
}
