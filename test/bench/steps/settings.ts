/** The training steps that are measured. */
import type { LstmConfig, TransformerConfig } from '@parlance/lm'

/** One model, its update, and how often it is run. */
export interface StepSetting {
  /** What it is, for a headline. */
  title: string
  model: TransformerConfig | LstmConfig
  /** Windows of `model.context` tokens in a batch. */
  batch: number
  optimizer: 'adamw' | 'sgd'
  learningRate: number
  /** Gradients are clipped to this global norm. */
  maxGradientNorm: number
  /** Rounds of so many steps for every peer, one after the other; the first warms up. */
  rounds: number
  stepsPerRound: number
  /** The same for TF.js on wasm, which is many times slower: it sits out the later rounds. None where it fails. */
  wasm?: { rounds: number; stepsPerRound: number }
}

export type SettingName = 'nanogpt' | 'step-6x512' | 'step-lstm'

/** AdamW's constants: nanoGPT's. */
export const ADAMW = { beta1: 0.9, beta2: 0.99, weightDecay: 0.1 } as const

/** Batches that are made; steps go round them. */
export const BATCHES = 50

export const settings: Readonly<Record<SettingName, StepSetting>> = {
  nanogpt: {
    title: "nanoGPT's CPU setting: 4 layers, 4 heads, width 128, context 64, batch 12, vocabulary 65, AdamW, clipping at 1",
    model: {
      type: 'transformer', vocabSize: 65, context: 64, layers: 4, heads: 4, width: 128, activation: 'gelu', bias: false, dropout: 0,
    },
    batch: 12, optimizer: 'adamw', learningRate: 1e-3, maxGradientNorm: 1,
    rounds: 8, stepsPerRound: 25, wasm: { rounds: 5, stepsPerRound: 3 },
  },
  'step-6x512': {
    title: '6 layers, 8 heads, width 512, context 128, batch 16, vocabulary 2,000, AdamW, clipping at 1',
    model: {
      type: 'transformer', vocabSize: 2000, context: 128, layers: 6, heads: 8, width: 512, activation: 'gelu', bias: false, dropout: 0,
    },
    batch: 16, optimizer: 'adamw', learningRate: 3e-4, maxGradientNorm: 1,
    // TF.js's wasm heap, of 2 GiB at most, does not hold this step.
    rounds: 4, stepsPerRound: 4,
  },
  'step-lstm': {
    title: 'tied LSTM, 2 layers, width 650, 35 steps, batch 20, vocabulary 10,000, SGD, clipping at 0.25',
    model: { type: 'lstm', vocabSize: 10_000, context: 35, layers: 2, width: 650, tied: true, dropout: 0 },
    // As in PyTorch's word_language_model example.
    batch: 20, optimizer: 'sgd', learningRate: 20, maxGradientNorm: 0.25,
    rounds: 6, stepsPerRound: 5, wasm: { rounds: 3, stepsPerRound: 1 },
  },
}

/**
 * Floating-point operations of a step as the design counts them: 6 × parameters in matrix products × tokens, and for
 * attention 12 × layers × context × width × tokens.
 */
export function stepFlops({ model, batch }: StepSetting): { inProducts: number; flops: number } {
  const { layers, width, context, vocabSize } = model
  const tokens = batch * context
  // A block's attention has 4 matrices of width², its feed-forward layers 8; an LSTM layer has 8. Embeddings are tied.
  const perLayer = (model.type === 'transformer' ? 12 : 8) * width ** 2
  const inProducts = vocabSize * width + layers * perLayer
  const attention = model.type === 'transformer' ? 12 * layers * context * width * tokens : 0
  return { inProducts, flops: 6 * inProducts * tokens + attention }
}
