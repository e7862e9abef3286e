import { parseFeatureConfig } from '@parlance/audio'
import { parseConfig, readJson, weightFormats } from '@parlance/nn/command-line'
import { z } from 'zod'
import { precomputedSchema } from './speech/precomputed.js'
import { type SpeechFeatures, speechFeaturesHash } from './speech/speech-features.js'

const size = z.int().min(1)
const share = z.number().min(0).max(0.9)

/**
 * What sherpa-onnx computes too, so that a transducer can be exported for it: one frame per shift, mel filters up to 400 Hz
 * below half the rate.
 */
export const FEATURE_DEFAULTS = { snipEdges: false, highFrequency: -400 }

const features = z
  .unknown()
  .prefault({})
  .transform((value, context): SpeechFeatures => {
    if (typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'precomputed') {
      const result = precomputedSchema.safeParse(value)
      if (result.success) return result.data
      for (const { message, path } of result.error.issues) context.addIssue({ code: 'custom', message, path })
      return z.NEVER
    }
    try {
      return parseFeatureConfig(isKaldi(value) ? { ...FEATURE_DEFAULTS, ...value } : (value as object))
    } catch (error) {
      context.addIssue((error as Error).message)
      return z.NEVER
    }
  })
  .describe('log-mel features: sampleRate, bins and the other fields of a feature config; or those of files, kind "precomputed"')

function isKaldi(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const { convention = 'kaldi', kind = 'log-mel' } = value as { convention?: unknown; kind?: unknown }
  return convention === 'kaldi' && kind === 'log-mel'
}

const encoder = z
  .strictObject({
    type: z.enum(['transformer', 'conformer', 'lstm']).default('transformer').describe('layers of the encoder: transformer, conformer or lstm'),
    width: size.default(128).describe('channels of the encoder, a multiple of the heads'),
    layers: size.default(4).describe('layers of the encoder'),
    subsampling: z.union([z.literal(2), z.literal(4)]).default(4).describe('feature frames per encoder frame, 2 or 4'),
    heads: size.default(4).describe('attention heads'),
    kernel: size.default(15)
      .describe("encoder frames under a convolution, odd: the transformer's for positions, the one of each conformer block"),
    attentionContext: size.default(16).describe('encoder frames that attention sees on either side, where it is not causal'),
    causal: z.boolean().default(false)
      .describe('see no more of what comes than the rest of a chunk, so that audio can be transcribed while it is heard: conformer, lstm'),
    chunk: size.default(16).describe('encoder frames that attention of a causal conformer sees at once'),
    leftContext: size.default(64).describe('encoder frames before its chunk that attention of a causal conformer sees'),
    runningMean: z.boolean().default(false)
      .describe('take from features the mean of those heard so far, for voices and microphones that training has not heard: causal encoders'),
    dropout: share.default(0.1).describe('rate of dropout'),
  })
  .refine(({ type, width, heads }) => type === 'lstm' || width % heads === 0, { path: ['width'], message: 'expected a multiple of heads' })
  .refine(({ kernel }) => kernel % 2 === 1, { path: ['kernel'], message: 'expected an odd number' })
  .refine(({ type, causal }) => !(causal && type === 'transformer'), { path: ['causal'], message: 'expected false for a transformer: conformer and lstm can be causal' })
  .refine(({ runningMean, causal }) => causal || !runningMean, { path: ['runningMean'], message: 'expected false unless causal is true' })
  .refine(({ type, causal, width }) => type !== 'lstm' || causal || width % 2 === 0, { path: ['width'], message: 'expected an even number for two directions' })

/** The encoder; `makeEncoder` says what its fields mean. */
export type EncoderConfig = z.output<typeof encoder>

const transducer = z
  .strictObject({
    predictor: z.enum(['stateless', 'lstm']).default('stateless').describe('what a transducer knows of its own output: the last tokens (stateless) or all (lstm)'),
    predictorWidth: size.default(128).describe("width of the predictor"),
    predictorContext: size.default(2).describe('tokens that a stateless predictor sees'),
    joinerWidth: size.default(128).describe('width of the joiner'),
    emissionDelay: z.int().min(0).default(0)
      .describe('milliseconds after a word begins and ends within which its first and last token should come (manifests with times of words); 0: whenever'),
    loss: z.enum(['full', 'pruned']).default('full').describe('transducer loss: on the full lattice, or pruned to a band of it'),
    pruneRange: z.int().min(2).default(5).describe('positions of the band of the pruned loss'),
    simpleScale: z.number().min(0).max(1).default(0.5).describe("weight of the simple joiner's loss beside the pruned one, after the warm-up"),
    pruneWarmupSteps: z.int().min(0).default(200).describe('steps in which the pruned loss takes over from the simple one'),
    durations: z.array(z.int().min(0).max(64)).min(2).optional()
      .describe('encoder frames by which a symbol may go on, such as [0, 1, 2, 3, 4]: makes a token-and-duration transducer (TDT), which skips frames'),
  })
  .refine(({ durations = [0, 1] }) => new Set(durations).size === durations.length, { path: ['durations'], message: 'expected different numbers' })
  .refine(({ durations, loss }) => !durations || loss === 'full', { path: ['loss'], message: 'expected full where there are durations' })
  .refine(({ durations, emissionDelay }) => !durations || emissionDelay === 0, { path: ['emissionDelay'], message: 'expected 0 where there are durations' })

/** Predictor, joiner and loss of a transducer; `Transducer` says what they mean. */
export type TransducerConfig = z.output<typeof transducer>

const attention = z.strictObject({
  decoderLayers: size.default(2).describe('layers of an attention decoder'),
  labelSmoothing: share.default(0.1).describe('label smoothing of an attention decoder'),
})

/** What an attention decoder is; `AttentionDecoder` says what its fields mean. */
export type AttentionConfig = z.output<typeof attention>

/** What follows the encoder; `RecognizerModel` says what it does. */
const architectures = ['ctc', 'transducer', 'attention'] as const

export type Architecture = (typeof architectures)[number]

const augmentation = z.strictObject({
  speeds: z.array(z.number().min(0.5).max(2)).min(1).default([0.9, 0.95, 1, 1.05, 1.1])
    .describe('factors of speed and pitch, one drawn for each use of a recording'),
  gain: z.number().min(0).max(40).default(6).describe('decibels by which loudness changes at most, up or down'),
  noise: z.number().min(0).max(1).default(0).describe('share of examples, spliced ones apart, to which white noise is added'),
  noiseSnr: z.number().min(-10).max(60).default(10).describe('decibels from noise to speech at least; at most 20 more'),
  splice: z.number().min(0).max(1).default(0)
    .describe('share of examples made of words from several recordings, cut where pauses show them'),
  timeMasks: z.int().min(0).default(2).describe('stretches of frames that are hidden'),
  timeMaskFrames: size.default(20).describe('feature frames in such a stretch, at most'),
  frequencyMasks: z.int().min(0).default(2).describe('bands of bins that are hidden'),
  frequencyMaskBins: size.default(8).describe('bins in such a band, at most'),
  frequencyWarp: z.number().min(0).max(0.5).default(0)
    .describe('share by which the frequencies of log-mel features are stretched at most, up or down, as if the vocal tract had another length'),
})

/** What is done to training examples so that no two epochs are alike; `augment` says how. */
export type AugmentationConfig = z.output<typeof augmentation>

/** The settings of a training run, each with its default. */
export const trainingConfigSchema = z.strictObject({
  features,
  units: z.enum(['characters', 'words']).default('characters')
    .describe('what transcripts are made of: characters, or words where there are few'),
  architecture: z.enum(architectures).default('ctc').describe('what follows the encoder: ctc, transducer or attention (decoder)'),
  encoder: encoder.prefault({}),
  transducer: transducer.prefault({}),
  attention: attention.prefault({}),
  ctcWeight: share.default(0).describe('share of a CTC loss beside the one of a transducer (0.1 to 0.3 help it to align) or attention decoder (often 0.3)'),
  augmentation: augmentation.prefault({}),
  batchSize: size.default(8).describe('utterances in a batch'),
  buckets: size.default(3).describe('lengths to which utterances are padded; each is compiled once'),
  learningRate: z.number().positive().default(1e-3).describe('highest learning rate'),
  warmupSteps: z.int().min(0).default(100).describe('steps in which the learning rate rises'),
  averageDecay: z.number().min(0).lt(1).default(0)
    .describe('decay of a moving average of the weights, which is evaluated and kept (0.999: about the last 1,000 steps); 0: the weights themselves'),
  weightDecay: z.number().min(0).default(0.01).describe('decoupled weight decay of AdamW'),
  maxGradientNorm: z.number().positive().default(5).describe('norm at which gradients are clipped'),
  maxSteps: size.default(2000).describe('steps of training; the learning rate falls to 0 until then'),
  maxMinutes: z.number().positive().optional().describe('wall-clock limit, evaluations included'),
  evaluateEvery: size.default(100).describe('steps between evaluations'),
  metric: z.enum(['loss', 'wer']).default('loss')
    .describe('what decides which weights are best: loss, or word error rate (of many validation recordings; few often tie)'),
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

const modelConfigSchema = z.object({
  architecture: z.enum(architectures),
  features,
  /** SHA-256 of the full feature config. */
  featuresHash: z.string(),
  encoder,
  transducer,
  attention,
  ctcWeight: share,
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
  const { architecture, features, encoder, transducer, attention, ctcWeight, maxMinutes, ...rest } = config
  // The name by which the training loop knows that a resumed run may change it.
  const training = { ...rest, ...(maxMinutes === undefined ? {} : { maxSeconds: 60 * maxMinutes }) }
  return {
    architecture,
    features,
    featuresHash: speechFeaturesHash(features),
    encoder,
    transducer,
    attention,
    ctcWeight,
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
  if (!architectures.some((name) => name === architecture)) {
    const kind = architecture === undefined ? 'no architecture' : `the architecture ${JSON.stringify(architecture)}`
    throw new Error(`${file}: it names ${kind}, not ${architectures.slice(0, -1).join(', ')} or ${architectures.at(-1)}: give a folder that parlance-transcribe train wrote.`)
  }
  const config = parseConfig(modelConfigSchema, json, file)
  if (speechFeaturesHash(config.features) !== config.featuresHash) {
    throw new Error(`${file}: the features are not those that the model was trained on: restore the file, or train again.`)
  }
  return config
}
