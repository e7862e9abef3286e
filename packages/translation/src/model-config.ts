import { UsageError } from '@parlance/nn/command-line'
import { z } from 'zod'

const count = (least: number) => z.number().int().min(least)

const ARCHITECTURES = ['transformer', 'lstm', 'convolutional'] as const
export const DECODERS = ['attention', 'ssru', 'average'] as const
export const ATTENTIONS = ['general', 'dot', 'additive'] as const
/** Which tables are one: source, target and output ('all'), target and output ('output'), or none. */
export const TIED_EMBEDDINGS = ['all', 'output', 'none'] as const

interface SharedConfig {
  readonly vocabSize: number
  readonly width: number
  readonly encoderLayers: number
  readonly decoderLayers: number
  readonly tiedEmbeddings: (typeof TIED_EMBEDDINGS)[number]
}

/** Vaswani et al. 2017, normalised before each sub-layer, with sinusoidal positions. */
export interface TransformerConfig extends SharedConfig {
  readonly architecture: 'transformer'
  readonly heads: number
  readonly feedForwardWidth: number
  /** How decoder layers look back at what was said; the last two carry a state of fixed size. */
  readonly decoder: (typeof DECODERS)[number]
}

/** Luong et al. 2015 with input feeding, over a bidirectional encoder. */
export interface LSTMConfig extends SharedConfig {
  readonly architecture: 'lstm'
  /** How a decoder state and a source position are compared. */
  readonly attention: (typeof ATTENTIONS)[number]
}

/** Gehring et al. 2017. */
export interface ConvolutionalConfig extends SharedConfig {
  readonly architecture: 'convolutional'
  /** Positions that a convolution sees. */
  readonly kernel: number
}

/** The architecture of a translator. */
export type ModelConfig = TransformerConfig | LSTMConfig | ConvolutionalConfig

/**
 * What decides the architecture, each field also a flag. Fields that are not given have the architecture's default.
 *
 * The transformer's defaults are the base model of Vaswani et al. 2017 (table 3) at half its width, with a deep encoder and
 * a shallow decoder, which cost little quality and decode faster (Kasai et al., "Deep Encoder, Shallow Decoder", ICLR
 * 2021). The LSTM's follow Britz et al., "Massive Exploration of Neural Machine Translation Architectures", 2017, and the
 * convolutional model's what Gehring et al. 2017 published for 160,000 pairs (IWSLT, fconv_iwslt_de_en).
 */
export const architectureFields = {
  architecture: z.enum(ARCHITECTURES).default('transformer').describe(`the model: ${ARCHITECTURES.join(', ')}`),
  vocabSize: count(260).default(4000)
    .describe('tokens of the joint vocabulary, bytes and special tokens included (Sennrich and Zhang 2019: 2k to 8k for little data)'),
  width: count(2).default(256).describe('width of the model, even; of a transformer an even multiple of the heads'),
  encoderLayers: count(1).optional().describe('layers of the encoder; default 6, lstm 2, convolutional 4'),
  decoderLayers: count(1).optional().describe('layers of the decoder; default 2, convolutional 3'),
  tiedEmbeddings: z.enum(TIED_EMBEDDINGS).default('all')
    .describe('which embeddings are one table: all, output (target and output: Press and Wolf 2017), none'),
  heads: count(1).optional().describe('transformer: attention heads; default 4'),
  feedForwardWidth: count(1).optional()
    .describe('transformer: width between the two feed-forward layers; default 4 times the width (Vaswani et al. 2017)'),
  decoder: z.enum(DECODERS).optional()
    .describe('transformer: how the decoder looks back: attention, ssru (Kim et al. 2019), average (Zhang et al. 2018); default attention'),
  attention: z.enum(ATTENTIONS).optional()
    .describe('lstm: general, dot (Luong et al. 2015) or additive (Bahdanau et al. 2015); default general'),
  kernel: count(2).optional().describe('convolutional: positions that a convolution sees; default 3'),
}

export type ArchitectureFields = z.output<z.ZodObject<typeof architectureFields>>

/** The fields that only one architecture has. */
const OWNERS = { heads: 'transformer', feedForwardWidth: 'transformer', decoder: 'transformer', attention: 'lstm', kernel: 'convolutional' } as const

/**
 * The architecture that a training config asks for, for a tokenizer of `vocabSize` tokens.
 *
 * @throws UsageError for fields that the architecture does not have, and widths that it cannot have
 */
export function modelConfig(fields: ArchitectureFields, vocabSize: number): ModelConfig {
  const { architecture, width, tiedEmbeddings } = fields
  for (const [name, owner] of Object.entries(OWNERS)) {
    if (fields[name as keyof typeof OWNERS] === undefined || owner === architecture) continue
    throw new UsageError(`${name} does not go with the architecture ${architecture}: leave it out.`)
  }
  const sized = (encoderLayers: number, decoderLayers: number): SharedConfig => ({
    vocabSize,
    width,
    encoderLayers: fields.encoderLayers ?? encoderLayers,
    decoderLayers: fields.decoderLayers ?? decoderLayers,
    tiedEmbeddings,
  })
  const config = ((): ModelConfig => {
    switch (architecture) {
      case 'transformer': {
        const { heads = 4, feedForwardWidth = 4 * width, decoder = 'attention' } = fields
        return { architecture, ...sized(6, 2), heads, feedForwardWidth, decoder }
      }
      case 'lstm':
        return { architecture, ...sized(2, 2), attention: fields.attention ?? 'general' }
      case 'convolutional':
        return { architecture, ...sized(4, 3), kernel: fields.kernel ?? 3 }
    }
  })()
  const problem = widthProblem(config)
  if (problem !== undefined) throw new UsageError(problem)
  return config
}

/** What is wrong with the width, in one sentence. */
export function widthProblem(config: ModelConfig): string | undefined {
  const { width } = config
  if (config.architecture === 'transformer') {
    const { heads } = config
    if (width % (2 * heads) === 0) return undefined
    return `width must be an even multiple of heads, got width ${width} and ${heads} heads.`
  }
  return width % 2 === 0 ? undefined : `width must be even, got ${width}.`
}
