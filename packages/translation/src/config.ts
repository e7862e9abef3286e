import { weightFormats } from '@parlance/nn/command-line'
import { z } from 'zod'
import { directions } from './data/directions.js'
import { architectureFields } from './model-config.js'

const count = (least: number) => z.number().int().min(least)
const share = z.number().min(0).lt(1)

/**
 * Everything that decides a training run besides its data. One flat level: each field is also a flag.
 */
export const trainingConfigSchema = z.strictObject({
  ...architectureFields,
  dropout: share.default(0.1).describe('rate of dropout on embeddings and sub-layers (Vaswani et al. 2017)'),
  attentionDropout: share.default(0).describe('rate of dropout on attention weights'),
  labelSmoothing: share.default(0.1).describe('share of the target spread over the vocabulary (Vaswani et al. 2017)'),
  learningRate: z.number().positive().default(0.002).describe('highest learning rate, at the end of the warm-up'),
  warmupSteps: count(1).default(400).describe('steps of linear warm-up'),
  schedule: z.enum(['inverse-sqrt', 'linear', 'cosine']).default('inverse-sqrt')
    .describe('of the learning rate after the warm-up: inverse-sqrt, 1/√step (Vaswani et al. 2017, equation 3); linear or cosine, to zero at the end of the training'),
  weightDecay: z.number().min(0).default(0).describe('decoupled weight decay of AdamW; 0 is Adam'),
  maxGradientNorm: z.number().positive().default(1).describe('largest norm of all gradients together'),
  averageDecay: share.default(0.999)
    .describe('decay of the exponential average of the weights, which is what is evaluated and kept (checkpoint averaging: Vaswani et al. 2017, section 6.1); 0 keeps the last weights'),
  batchTokens: count(1).default(1500).describe('tokens of a side in a batch, padding included'),
  batchShapes: count(1).default(8).describe('shapes of batches, each compiled once'),
  maxTokens: count(2).default(100).describe('pairs with more tokens on a side are left out of training'),
  maxRatio: z.number().min(1).default(3).describe('pairs of which one side has this many times the words of the other are left out'),
  cleaning: z.enum(['full', 'basic']).default('full')
    .describe('full leaves out duplicates, copies, unprintable characters and wrong languages too; basic only empty sides, ratio and length'),
  pairs: count(1).optional().describe('train on this many pairs of each part of the data, drawn at random; default all'),
  directions: z.enum(directions).default('forward')
    .describe('which way pairs are learned: forward, backward (from the second side to the first) or both (needs named languages)'),
  samplingTemperature: z.number().min(1).default(1)
    .describe('T of drawing from several parts of the data in proportion to size^(1/T) (Arivazhagan et al. 2019 take 5)'),
  upsample: z.number().positive().default(1).describe('how often true pairs are shown for each time that synthetic ones are'),
  distillationWeight: z.number().min(0).max(1).default(0.5)
    .describe("share of the loss that is the teacher's distribution instead of the label, when there is a teacher (Kim and Rush 2016)"),
  distillationTemperature: z.number().positive().default(1).describe('softens both distributions (Hinton et al. 2015)'),
  teacherCandidates: count(1).default(8).describe("tokens kept of each of the teacher's distributions, the most probable"),
  seed: count(0).default(1).describe('of initial weights, batches and dropout'),
  maxSteps: count(1).optional().describe('updates at most'),
  maxMinutes: z.number().positive().optional().describe('wall-clock minutes of training at most'),
  evaluateEvery: count(1).default(500).describe('steps between evaluations'),
  evaluateSentences: count(1).default(200).describe('validation sentences of each direction translated at each evaluation'),
  checkpointEvery: count(1).default(500).describe('steps between checkpoints'),
  weights: z.enum(weightFormats).default('float32').describe('what model.safetensors holds the weights as: float32, float16 or bfloat16'),
  logEvery: count(1).default(10).describe('steps between entries of the log'),
  metric: z.enum(['bleu', 'chrf', 'loss']).default('bleu').describe('of the validation data: which model is kept, and what patience goes by'),
  patience: count(1).optional().describe('stop after so many evaluations without a better metric'),
})

export type TrainingConfig = z.output<typeof trainingConfigSchema>
