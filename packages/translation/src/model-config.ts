import { z } from 'zod'

const count = (least: number) => z.number().int().min(least)

/** Vaswani et al. 2017, normalised before each sub-layer, with sinusoidal positions. */
export interface TransformerConfig {
  readonly architecture: 'transformer'
  readonly vocabSize: number
  readonly width: number
  readonly heads: number
  readonly encoderLayers: number
  readonly decoderLayers: number
  readonly feedForwardWidth: number
}

/** The architecture of a translator. */
export type ModelConfig = TransformerConfig

/**
 * What decides the architecture, each field also a flag.
 *
 * The defaults are the base model of Vaswani et al. 2017 (table 3) at half its width, with a deep encoder and a shallow
 * decoder, which cost little quality and decode faster (Kasai et al., "Deep Encoder, Shallow Decoder", ICLR 2021).
 */
export const architectureFields = {
  vocabSize: count(260).default(4000)
    .describe('tokens of the joint vocabulary, bytes and special tokens included (Sennrich and Zhang 2019: 2k to 8k for little data)'),
  width: count(2).default(256).describe('width of the model, an even multiple of the heads'),
  heads: count(1).default(4).describe('attention heads'),
  encoderLayers: count(1).default(6).describe('layers of the encoder'),
  decoderLayers: count(1).default(2).describe('layers of the decoder'),
  feedForwardWidth: count(1).default(1024).describe('width between the two feed-forward layers (Vaswani et al. 2017: 4 times the width)'),
}

export type ArchitectureFields = z.output<z.ZodObject<typeof architectureFields>>

/** The architecture that a training config asks for, for a tokenizer of `vocabSize` tokens. */
export function modelConfig(fields: ArchitectureFields, vocabSize: number): ModelConfig {
  const { width, heads, encoderLayers, decoderLayers, feedForwardWidth } = fields
  return { architecture: 'transformer', vocabSize, width, heads, encoderLayers, decoderLayers, feedForwardWidth }
}
