/** Our names of modules, and those of Hugging Face's M2M100, the same architecture. */
const RENAMES: readonly (readonly [RegExp, string])[] = [
  [/^embeddings\.shared\./, 'model.shared.'],
  [/^embeddings\.source\./, 'model.encoder.embed_tokens.'],
  [/^embeddings\.target\./, 'model.decoder.embed_tokens.'],
  [/^embeddings\.output\./, 'lm_head.'],
  [/^(encoder|decoder)Norm\./, 'model.$1.layer_norm.'],
  [/^(encoder|decoder)\.(\d+)\./, 'model.$1.layers.$2.'],
  [/\.(attention|self)Norm\./, '.self_attn_layer_norm.'],
  [/\.crossAttentionNorm\./, '.encoder_attn_layer_norm.'],
  [/\.feedForwardNorm\./, '.final_layer_norm.'],
  [/\.feedForward\.input\./, '.fc1.'],
  [/\.feedForward\.output\./, '.fc2.'],
  [/\.(selfLayer\.)?attention\./, '.self_attn.'],
  [/\.crossAttention\./, '.encoder_attn.'],
  [/_attn\.(query|key|value)\./, '_attn.$1_proj.'],
  [/\.query_proj\./, '.q_proj.'],
  [/\.key_proj\./, '.k_proj.'],
  [/\.value_proj\./, '.v_proj.'],
  [/_attn\.output\./, '_attn.out_proj.'],
  // What takes the place of self-attention, for which there are no names.
  [/\.selfLayer\./, '.self_layer.'],
]

/** Parameters (or anything else) under the names that they have in `model.safetensors`, from those of `namedParameters`. */
export function fileNames<Value>(parameters: ReadonlyMap<string, Value>): Map<string, Value> {
  return new Map(
    Array.from(parameters, ([name, value]) => [
      RENAMES.reduce((renamed, [pattern, replacement]) => renamed.replace(pattern, replacement), name),
      value,
    ]),
  )
}
