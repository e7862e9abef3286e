import { inference, type KeyValue } from '@parlance/nn'
import { type InferenceGraph, inferenceGraph, tf } from '@parlance/runtime'
import type { TranslationTransformer } from './model.js'

export interface InferenceGraphs {
  readonly encoder: InferenceGraph
  readonly decoder: InferenceGraph
}

type Tensors = Record<string, tf.Tensor>

/** Of decoder layer i: `name_key_i` and `name_value_i`. */
function keyValues(tensors: Tensors, name: string, layers: number): KeyValue[] {
  return Array.from({ length: layers }, (_, i) => ({
    key: tensors[`${name}_key_${i}`] as tf.Tensor,
    value: tensors[`${name}_value_${i}`] as tf.Tensor,
  }))
}

function named(name: string, layers: readonly KeyValue[]): Tensors {
  return Object.fromEntries(
    layers.flatMap(({ key, value }, i) => [[`${name}_key_${i}`, key], [`${name}_value_${i}`, value]]),
  )
}

function gathered({ key, value }: KeyValue, rows: tf.Tensor): KeyValue {
  return { key: tf.gather(key, rows), value: tf.gather(value, rows) }
}

/**
 * The two graphs of translation, for any number of sentences (N), source length (S), hypotheses (R, of P in the step
 * before), position (T) and number of candidates (K). H heads of width D.
 *
 * encoder: `source` int32 (N, S), padded, to `source_mask` (N, 1, 1, S), `cross_key_i` and `cross_value_i` (N, H, S, D).
 *
 * decoder: one step. `tokens`, `parents`, `sentences` int32 (R): what each hypothesis is fed, which row of the cache it
 * continues, which sentence it translates; `position` int32 (1); `candidates` int32 (K), only its length counts; the
 * encoder's outputs; `self_key_i` and `self_value_i` (P, H, T, D). To `ids` int32 and `log_probs` (R, K), best first, and
 * `new_self_key_i`, `new_self_value_i` (R, H, T + 1, D).
 */
export function inferenceGraphs(model: TranslationTransformer): InferenceGraphs {
  const { decoderLayers, heads, headWidth } = model
  const cache = (name: string, rows: string, length: string) =>
    Object.fromEntries(
      Array.from({ length: decoderLayers }, (_, i) => ['key', 'value'].map((kind) => `${name}_${kind}_${i}`))
        .flat()
        .map((port) => [port, { shape: [rows, heads, length, headWidth], dtype: 'float32' as const }]),
    )
  const rows = { shape: ['R'], dtype: 'int32' as const }
  const encoder = inferenceGraph(
    ({ source }) => {
      const mask = model.sourceMask(source as tf.Tensor)
      const memory = model.encode(source as tf.Tensor, mask, inference)
      return { source_mask: mask, ...named('cross', model.memories(memory)) }
    },
    { source: { shape: ['N', 'S'], dtype: 'int32' } },
  )
  const decoder = inferenceGraph(
    (inputs) => {
      const { tokens, parents, sentences, position, candidates, source_mask: mask } = inputs as Record<string, tf.Tensor> & {
        tokens: tf.Tensor
        parents: tf.Tensor
        sentences: tf.Tensor
        position: tf.Tensor
        candidates: tf.Tensor
        source_mask: tf.Tensor
      }
      const memories = keyValues(inputs, 'cross', decoderLayers).map((layer) => gathered(layer, sentences))
      const caches = keyValues(inputs, 'self', decoderLayers).map((layer) => gathered(layer, parents))
      const { logits, caches: longer } = model.step(tokens, position, caches, memories, tf.gather(mask, sentences), inference)
      const { values, indices } = tf.topk(tf.logSoftmax(logits), candidates.shape[0] as number)
      return { ids: indices, log_probs: values, ...named('new_self', longer) }
    },
    {
      tokens: rows,
      parents: rows,
      sentences: rows,
      position: { shape: [1], dtype: 'int32' },
      candidates: { shape: ['K'], dtype: 'int32' },
      source_mask: { shape: ['N', 1, 1, 'S'], dtype: 'float32' },
      ...cache('cross', 'N', 'S'),
      ...cache('self', 'P', 'T'),
    },
  )
  return { encoder, decoder }
}
