import type { WeightFormat } from '@parlance/nn/command-line'
import type { ModelConfig } from './config.js'

/** Our names of a transformer's parameters and those of Hugging Face's OPT, which is the same architecture. */
const OPT_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^tokens\./, 'model.decoder.embed_tokens.'],
  [/^positions\./, 'model.decoder.embed_positions.'],
  [/^norm\./, 'model.decoder.final_layer_norm.'],
  [/^blocks\.(\d+)\.attentionNorm\./, 'model.decoder.layers.$1.self_attn_layer_norm.'],
  [/^blocks\.(\d+)\.attention\.query\./, 'model.decoder.layers.$1.self_attn.q_proj.'],
  [/^blocks\.(\d+)\.attention\.key\./, 'model.decoder.layers.$1.self_attn.k_proj.'],
  [/^blocks\.(\d+)\.attention\.value\./, 'model.decoder.layers.$1.self_attn.v_proj.'],
  [/^blocks\.(\d+)\.attention\.output\./, 'model.decoder.layers.$1.self_attn.out_proj.'],
  [/^blocks\.(\d+)\.feedForwardNorm\./, 'model.decoder.layers.$1.final_layer_norm.'],
  [/^blocks\.(\d+)\.feedForward\.input\./, 'model.decoder.layers.$1.fc1.'],
  [/^blocks\.(\d+)\.feedForward\.output\./, 'model.decoder.layers.$1.fc2.'],
]

/** What a parameter is called in `model.safetensors`. */
export function savedName(type: ModelConfig['type'], name: string): string {
  if (type === 'lstm') return name
  for (const [ours, theirs] of OPT_NAMES) if (ours.test(name)) return name.replace(ours, theirs)
  throw new Error(`The transformer's parameter ${name} has no name in a saved model.`)
}

/**
 * The names and shapes of all parameters in `model.safetensors`: what the config implies, to check a file against
 * before it is used.
 */
export function savedShapes(config: ModelConfig): Map<string, number[]> {
  const shapes = new Map<string, number[]>()
  const put = (name: string, ...shape: number[]) => shapes.set(savedName(config.type, name), shape)
  const { vocabSize, width, layers } = config
  if (config.type === 'lstm') {
    put('embedding.weight', vocabSize, width)
    for (let i = 0; i < layers; i++) {
      for (const name of ['weight_ih', 'weight_hh']) put(`lstm.${name}_l${i}`, 4 * width, width)
      for (const name of ['bias_ih', 'bias_hh']) put(`lstm.${name}_l${i}`, 4 * width)
    }
    if (!config.tied) put('output.weight', vocabSize, width)
    put('outputBias', vocabSize)
    return shapes
  }
  const layer = (name: string, ...weight: number[]) => {
    put(`${name}.weight`, ...weight)
    if (config.bias) put(`${name}.bias`, weight[0] as number)
  }
  put('tokens.weight', vocabSize, width)
  put('positions.weight', config.context + POSITION_OFFSET, width)
  for (let i = 0; i < layers; i++) {
    layer(`blocks.${i}.attentionNorm`, width)
    for (const name of ['query', 'key', 'value', 'output']) layer(`blocks.${i}.attention.${name}`, width, width)
    layer(`blocks.${i}.feedForwardNorm`, width)
    layer(`blocks.${i}.feedForward.input`, 4 * width, width)
    layer(`blocks.${i}.feedForward.output`, width, 4 * width)
  }
  layer('norm', width)
  return shapes
}

/** OPT's position table begins with two rows that no position uses. */
export const POSITION_OFFSET = 2

/** The fields by which Hugging Face's OPT is built: the model's weights load there. */
export function huggingFaceConfig(config: ModelConfig, weights: WeightFormat): object {
  if (config.type === 'lstm') return { model_type: 'parlance-lstm', vocab_size: config.vocabSize }
  return {
    architectures: ['OPTForCausalLM'],
    model_type: 'opt',
    vocab_size: config.vocabSize,
    hidden_size: config.width,
    word_embed_proj_dim: config.width,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    ffn_dim: 4 * config.width,
    max_position_embeddings: config.context,
    activation_function: config.activation,
    enable_bias: config.bias,
    do_layer_norm_before: true,
    tie_word_embeddings: true,
    dropout: config.dropout,
    attention_dropout: config.dropout,
    bos_token_id: null,
    eos_token_id: null,
    pad_token_id: null,
    torch_dtype: weights,
  }
}
