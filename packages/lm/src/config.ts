import { weightFormats } from '@parlance/nn/command-line'
import { z } from 'zod'

const count = z.number().int().min(1)
const share = z.number().min(0).lt(1)
const rate = z.number().positive()

/** A decoder-only transformer. */
const transformerSchema = z.strictObject({
  type: z.literal('transformer'),
  vocabSize: count,
  /** The most tokens that a prediction can see. */
  context: count,
  layers: count,
  heads: count,
  /** A multiple of `heads`. */
  width: count,
  activation: z.enum(['gelu', 'relu']),
  bias: z.boolean(),
  dropout: share,
})

/** Stacked LSTM layers; they see everything before, `context` is how far the gradient goes back. */
const lstmSchema = z.strictObject({
  type: z.literal('lstm'),
  vocabSize: count,
  context: count,
  layers: count,
  /** Of embedding and hidden states. */
  width: count,
  /** Whether output and embedding share their weights. */
  tied: z.boolean(),
  dropout: share,
})

/** What is needed to build a model. */
export const modelSchema = z.discriminatedUnion('type', [transformerSchema, lstmSchema])

/**
 * A training run. Defaults are nanoGPT's CPU setting for Tiny Shakespeare
 * (https://github.com/karpathy/nanoGPT, "I only have a macbook" and `config/train_shakespeare_char.py`).
 */
export const trainingSchema = z.object({
  model: z.enum(['transformer', 'lstm']).default('transformer').describe('architecture'),
  layers: count.default(4).describe('layers'),
  heads: count.optional().describe('attention heads (transformer; default 4)'),
  width: count.default(128).describe('width of embeddings and hidden states'),
  context: count.default(64).describe('tokens in a training window; the most that a transformer sees'),
  activation: z.enum(['gelu', 'relu']).optional().describe('feed-forward activation (transformer; default gelu)'),
  bias: z.boolean().optional().describe('biases in linear layers and normalisations (transformer; default none)'),
  tied: z.boolean().optional().describe('output shares the embedding (lstm; default tied)'),
  dropout: share.default(0).describe('dropout rate'),
  batch: count.default(12).describe('windows in a batch'),
  learningRate: rate.default(1e-3).describe('highest learning rate'),
  minLearningRate: z.number().min(0).default(1e-4).describe('learning rate at the end of the cosine'),
  warmupSteps: z.number().int().min(0).default(100).describe('steps of linear warm-up'),
  beta2: z.number().gt(0).lt(1).default(0.99).describe("AdamW's decay of squared gradients"),
  weightDecay: z.number().min(0).default(0.1).describe("AdamW's weight decay of matrices"),
  maxGradientNorm: rate.default(1).describe('clip gradients at this global norm'),
  maxSteps: count.optional().describe('steps, over which the learning rate decays (default: 2000, or as many as fit into max-minutes)'),
  maxMinutes: rate.optional().describe('stop after so many minutes'),
  patience: count.optional().describe('stop after so many evaluations without a better one'),
  seed: z.number().int().min(0).default(1337).describe('of initial weights, batches and dropout'),
  logEvery: count.default(10).describe('steps between entries of log.jsonl'),
  evaluateEvery: count.default(250).describe('steps between evaluations'),
  evaluationTokens: count.optional().describe('evaluate on the first so many validation tokens (default: all)'),
  checkpointEvery: count.default(500).describe('steps between checkpoints'),
  weights: z.enum(weightFormats).default('float32').describe('what model.safetensors holds the weights as'),
})

export type ModelConfig = z.output<typeof modelSchema>
export type TransformerConfig = z.output<typeof transformerSchema>
export type LstmConfig = z.output<typeof lstmSchema>
export type TrainingConfig = z.output<typeof trainingSchema>
