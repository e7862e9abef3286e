import { inference, paddingMask } from '@parlance/nn'
import { chooseInputs, inferenceGraph, type InputSpec, iota, tf } from '@parlance/runtime'
import type { TransformerConfig } from '../model-config.js'
import type { Tensors } from '../models/encoder-decoder.js'
import type { TranslationTransformer } from '../models/transformer/transformer.js'

/** Of layer i, as our graphs call a key or value and as Hugging Face's do. */
function portNames(layers: number): { own: string; past: string; present: string; kind: 'decoder' | 'encoder' }[] {
  return Array.from({ length: layers }, (_, i) => i).flatMap((i) =>
    (['decoder', 'encoder'] as const).flatMap((kind) =>
      ['key', 'value'].map((part) => ({
        own: `${kind === 'decoder' ? 'self' : 'cross'}_${part}_${i}`,
        past: `past_key_values.${i}.${kind}.${part}`,
        present: `present.${i}.${kind}.${part}`,
        kind,
      })),
    ),
  )
}

const BATCH = 'batch_size'
const SOURCE = 'encoder_sequence_length'
const PAST = 'past_decoder_sequence_length'

/**
 * The graphs that `@huggingface/transformers` generates with, weights in them, ports as Hugging Face's Optimum names them:
 *
 * - encoder: `input_ids`, `attention_mask` int64 (N, S) to `last_hidden_state` (N, S, width)
 * - decoder: one token each, `input_ids` int64 (N, 1), with `past_key_values.i.decoder` of the tokens before and
 *   `past_key_values.i.encoder` of the source, to `logits` (N, 1, V) and `present.i…`. Unless `use_cache_branch` says that
 *   the source's are given, they are computed of `encoder_hidden_states`.
 */
export function huggingFaceGraphs(model: TranslationTransformer, config: TransformerConfig): { encoder: Uint8Array; decoder: Uint8Array } {
  const { width, heads, decoderLayers } = config
  const ports = portNames(decoderLayers)
  const matrix = (axis: string | number): InputSpec => ({ shape: [BATCH, axis], dtype: 'int64' })
  const cache = (axis: string): InputSpec => ({ shape: [BATCH, heads, axis, width / heads], dtype: 'float32' })
  const maskOf = (mask: tf.Tensor): tf.Tensor => paddingMask(tf.notEqual(mask, tf.scalar(0, 'int32')))
  const encoder = inferenceGraph(
    ({ input_ids: source, attention_mask: mask }) => ({
      last_hidden_state: model.read(source as tf.Tensor, maskOf(mask as tf.Tensor), inference),
    }),
    { input_ids: matrix(SOURCE), attention_mask: matrix(SOURCE) },
  )
  const memories = inferenceGraph(
    ({ encoder_hidden_states: encoded }) => {
      const computed = model.memories(encoded as tf.Tensor)
      return Object.fromEntries(ports.filter(({ kind }) => kind === 'encoder').map(({ own, past }) => [past, computed[own] as tf.Tensor]))
    },
    { encoder_hidden_states: { shape: [BATCH, SOURCE, width], dtype: 'float32' } },
  )
  const step = inferenceGraph(
    (inputs) => {
      const { input_ids: tokens, encoder_attention_mask: mask } = inputs as Tensors
      const given = Object.fromEntries(ports.map(({ own, past }) => [own, inputs[past] as tf.Tensor]))
      const before = (given.self_key_0 as tf.Tensor).shape[2] as number
      const position = tf.slice(iota(before + 1), [before], [1])
      const memory = { ...given, source_mask: maskOf(mask as tf.Tensor) }
      const { hidden, state } = model.step(tf.reshape(tokens as tf.Tensor, [-1]), position, given, memory, inference)
      const next: Tensors = { ...given, ...state }
      return {
        logits: tf.expandDims(model.project(hidden), 1),
        ...Object.fromEntries(ports.map(({ own, present }) => [present, next[own] as tf.Tensor])),
      }
    },
    {
      encoder_attention_mask: matrix(SOURCE),
      input_ids: matrix(1),
      ...Object.fromEntries(ports.map(({ past, kind }) => [past, cache(kind === 'decoder' ? PAST : SOURCE)])),
    },
  )
  return {
    encoder: encoder.toOnnx('embedded'),
    decoder: chooseInputs(step.toOnnx('embedded'), 'use_cache_branch', memories.toOnnx('embedded')),
  }
}
