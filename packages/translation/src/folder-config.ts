import { join } from 'node:path'
import { parseConfig, readJson } from '@parlance/nn/command-line'
import { z } from 'zod'
import type { ModelConfig } from './model-config.js'
import { END, PAD, START } from './special-tokens.js'

const size = z.number().int().min(1)

/** What Hugging Face calls this architecture: Fan et al. 2020, "Beyond English-Centric Multilingual Machine Translation". */
const MODEL_TYPE = 'm2m_100'

/** What inference needs of a model folder's `config.json`: the fields of Hugging Face's M2M100 and the tokenizer. */
const schema = z.object({
  model_type: z.literal(MODEL_TYPE),
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
  bos_token_id: z.literal(START),
  pad_token_id: z.literal(PAD),
  eos_token_id: z.literal(END),
  decoder_start_token_id: z.literal(START),
  tokenizer: z.strictObject({ hash: z.string() }),
})

export interface FolderConfig {
  model: ModelConfig
  tokenizer: { hash: string }
}

/** As `config.json` says it. */
export function folderConfig({ model, tokenizer }: FolderConfig): z.output<typeof schema> {
  return {
    model_type: MODEL_TYPE,
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
    bos_token_id: START,
    pad_token_id: PAD,
    eos_token_id: END,
    decoder_start_token_id: START,
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
  if (json.model_type !== MODEL_TYPE) {
    const kind = json.model_type === undefined ? 'no kind of model' : `a model of type ${JSON.stringify(json.model_type)}`
    throw new Error(`${file}: it names ${kind}, not "${MODEL_TYPE}": give a folder that parlance-translate train wrote.`)
  }
  const needed = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, json[name]]))
  const config = parseConfig(schema, needed, file)
  if (
    config.encoder_attention_heads !== config.decoder_attention_heads ||
    config.encoder_ffn_dim !== config.decoder_ffn_dim ||
    config.d_model % (2 * config.encoder_attention_heads) !== 0
  ) {
    throw new Error(
      `${file}: encoder and decoder must have as many attention heads and the same ffn_dim, and d_model must be an even ` +
        'multiple of the heads.',
    )
  }
  const model: ModelConfig = {
    architecture: 'transformer',
    vocabSize: config.vocab_size,
    width: config.d_model,
    heads: config.encoder_attention_heads,
    encoderLayers: config.encoder_layers,
    decoderLayers: config.decoder_layers,
    feedForwardWidth: config.encoder_ffn_dim,
  }
  return { model, tokenizer: config.tokenizer }
}
