import { join } from 'node:path'
import { parseConfig, readJson } from '@parlance/nn/command-line'
import type { Quantization } from '@parlance/runtime/session'
import { z } from 'zod'
import { ATTENTIONS, DECODERS, type ModelConfig, TIED_EMBEDDINGS, type TransformerConfig, widthProblem } from './model-config.js'
import { END, PAD, START } from './special-tokens.js'

const size = z.number().int().min(1)
const tokenizer = z.strictObject({ hash: z.string() })
const quantization = z.strictObject({ scheme: z.enum(['int8', 'int8-weights', 'int4']) }).optional()
const tokenIds = {
  bos_token_id: z.literal(START),
  pad_token_id: z.literal(PAD),
  eos_token_id: z.literal(END),
  decoder_start_token_id: z.literal(START),
}

/**
 * What Hugging Face calls the plain transformer with one table of embeddings: Fan et al. 2020, "Beyond English-Centric
 * Multilingual Machine Translation".
 */
const M2M100 = 'm2m_100'
/** All others. */
const OWN = 'parlance_translation'

/** What inference needs of a model folder's `config.json`: the fields of Hugging Face's M2M100 and the tokenizer. */
const m2m100Schema = z.object({
  model_type: z.literal(M2M100),
  vocab_size: size,
  d_model: size,
  encoder_layers: size,
  decoder_layers: size,
  encoder_attention_heads: size,
  decoder_attention_heads: size,
  encoder_ffn_dim: size,
  decoder_ffn_dim: size,
  activation_function: z.literal('relu'),
  scale_embedding: z.literal(true),
  tie_word_embeddings: z.literal(true),
  ...tokenIds,
  tokenizer,
  quantization,
})

const shared = { vocabSize: size, width: size, encoderLayers: size, decoderLayers: size, tiedEmbeddings: z.enum(TIED_EMBEDDINGS) }

const ownSchema = z.object({
  model_type: z.literal(OWN),
  model: z.discriminatedUnion('architecture', [
    z.strictObject({
      architecture: z.literal('transformer'),
      ...shared,
      heads: size,
      feedForwardWidth: size,
      decoder: z.enum(DECODERS),
    }),
    z.strictObject({ architecture: z.literal('lstm'), ...shared, attention: z.enum(ATTENTIONS) }),
    z.strictObject({ architecture: z.literal('convolutional'), ...shared, kernel: size }),
  ]),
  ...tokenIds,
  tokenizer,
  quantization,
})

export interface FolderConfig {
  model: ModelConfig
  tokenizer: { hash: string }
  /** How the weights are stored, if not as floats. */
  quantization?: { scheme: Quantization } | undefined
}

function isM2M100(model: ModelConfig): model is TransformerConfig {
  return model.architecture === 'transformer' && model.decoder === 'attention' && model.tiedEmbeddings === 'all'
}

/** As `config.json` says it. */
export function folderConfig({ model, tokenizer }: FolderConfig): z.output<typeof m2m100Schema> | z.output<typeof ownSchema> {
  const ids = { bos_token_id: START, pad_token_id: PAD, eos_token_id: END, decoder_start_token_id: START } as const
  if (!isM2M100(model)) return { model_type: OWN, model, ...ids, tokenizer }
  return {
    model_type: M2M100,
    vocab_size: model.vocabSize,
    d_model: model.width,
    encoder_layers: model.encoderLayers,
    decoder_layers: model.decoderLayers,
    encoder_attention_heads: model.heads,
    decoder_attention_heads: model.heads,
    encoder_ffn_dim: model.feedForwardWidth,
    decoder_ffn_dim: model.feedForwardWidth,
    activation_function: 'relu',
    scale_embedding: true,
    tie_word_embeddings: true,
    ...ids,
    tokenizer,
  }
}

/**
 * Reads a model folder's `config.json`. Fields that inference does not need, such as how the model was trained, are not
 * looked at.
 *
 * @throws Error or UsageError, one line, for a file that is missing or is not the config of such a translator
 */
export function readFolderConfig(folder: string): FolderConfig {
  const file = join(folder, 'config.json')
  const json = (readJson(file) ?? {}) as Record<string, unknown>
  if (json.model_type !== M2M100 && json.model_type !== OWN) {
    const kind = json.model_type === undefined ? 'no kind of model' : `a model of type ${JSON.stringify(json.model_type)}`
    throw new Error(`${file}: it names ${kind}, not "${M2M100}" or "${OWN}": give a folder that parlance-translate train wrote.`)
  }
  const needed = (shape: object) => Object.fromEntries(Object.keys(shape).map((name) => [name, json[name]]))
  const { model, tokenizer, quantization } =
    json.model_type === OWN
      ? parseConfig(ownSchema, needed(ownSchema.shape), file)
      : fromM2M100(parseConfig(m2m100Schema, needed(m2m100Schema.shape), file), file)
  const problem = widthProblem(model)
  if (problem !== undefined) throw new Error(`${file}: ${problem}`)
  return { model, tokenizer, quantization }
}

function fromM2M100(config: z.output<typeof m2m100Schema>, file: string): FolderConfig {
  const { encoder_attention_heads: heads, encoder_ffn_dim: feedForwardWidth } = config
  if (heads !== config.decoder_attention_heads || feedForwardWidth !== config.decoder_ffn_dim) {
    throw new Error(`${file}: encoder and decoder must have as many attention heads and the same ffn_dim.`)
  }
  const model: TransformerConfig = {
    architecture: 'transformer',
    vocabSize: config.vocab_size,
    width: config.d_model,
    encoderLayers: config.encoder_layers,
    decoderLayers: config.decoder_layers,
    tiedEmbeddings: 'all',
    heads,
    feedForwardWidth,
    decoder: 'attention',
  }
  return { model, tokenizer: config.tokenizer, quantization: config.quantization }
}
