import { inference } from '@parlance/nn'
import { type InferenceGraph, inferenceGraph, type InputSpec, tf } from '@parlance/runtime'
import type { EncoderDecoder, Ports, Tensors } from './models/encoder-decoder.js'

export interface InferenceGraphs {
  readonly encoder: InferenceGraph
  readonly decoder: InferenceGraph
}

function float32(ports: Ports, rows: string): Record<string, InputSpec> {
  return Object.fromEntries(
    Object.entries(ports).map(([name, axes]) => [name, { shape: [rows, ...axes], dtype: 'float32' as const }]),
  )
}

function int32(...shape: (number | string)[]): InputSpec {
  return { shape, dtype: 'int32' }
}

function pick(tensors: Tensors, ports: Ports): Tensors {
  return Object.fromEntries(Object.keys(ports).map((name) => [name, tensors[name] as tf.Tensor]))
}

/** The first `count` rows of `x`. */
function firstRows(x: tf.Tensor, count: number): tf.Tensor {
  return tf.slice(x, x.shape.map(() => 0), [count, ...x.shape.slice(1)])
}

/** Numbers that a processor takes the logarithm of together, and a multiple of it. */
const LANES = 16

/**
 * log Σ exp of each row of logits (R, V), of which `best` (R, K) are the greatest, best first: (R, 1).
 * log Σ eˣ = max x − log max p, and the greatest probability is never small.
 *
 * Neither sums nor logarithms may depend on where a row lies in memory. ONNX Runtime's LogSoftmax does, its Softmax does
 * not; and it computes the last few logarithms of a tensor otherwise than the others, hence the copies.
 */
function logNormalizer(logits: tf.Tensor, best: tf.Tensor): tf.Tensor {
  const rows = logits.shape[0] as number
  const greatest = tf.max(tf.softmax(logits), 1, true)
  const logarithms = tf.log(tf.tile(greatest, [1, LANES]))
  return tf.sub(tf.slice(best, [0, 0], [rows, 1]), tf.slice(logarithms, [0, 0], [rows, 1]))
}

/**
 * The logits (R, L) of the tokens on each hypothesis' shortlist, `columns` (R, L), which are places in the batch's.
 *
 * The product has a row too many, since that of a single row with a matrix that is no constant is computed otherwise.
 */
function shortlistLogits(hidden: tf.Tensor, { output_weight: weight, columns }: Tensors): tf.Tensor {
  const [rows, length] = (columns as tf.Tensor).shape as [number, number]
  const more = tf.concat([hidden, firstRows(hidden, 1)])
  const logits = firstRows(tf.matMul(more, weight as tf.Tensor, false, true), rows)
  return tf.reshape(tf.gather(logits, columns as tf.Tensor, 1, 1), [rows, length])
}

/**
 * The two graphs of a translator, for any number of sentences (N), source length (S), hypotheses (R, of P in the step
 * before), position (T), candidates (K).
 *
 * encoder: `source` int32 (N, S), padded, to the model's memory and initial state, (N, …).
 *
 * decoder: one step. `tokens`, `parents` int32 (R): what each hypothesis is fed, and which row of the state it continues;
 * `position` int32 (1); `candidates` int32 (K), only its length counts; `wanted` int32 (R, W): tokens whose probabilities are
 * asked for besides; the memory, one row a hypothesis; the state (P, …). To `ids` int32 and `log_probs` (R, K), best first,
 * `wanted_log_probs` (R, W), `attention` (R, S), and the state (R, …) under names with `new_` in front.
 *
 * With shortlists the encoder also takes `vocabulary` int32 (U), the tokens whose rows of the output layer are wanted, and
 * gives these, `output_weight` (U, D). The decoder takes those of the tokens that the batch may say, and `columns` int32 (R, L), which of those tokens each hypothesis may say:
 * L of them, to which `ids` and `wanted` refer.
 */
export function inferenceGraphs(model: EncoderDecoder, { shortlist = false }: { shortlist?: boolean } = {}): InferenceGraphs {
  const { memoryPorts, statePorts, outputWeight } = model
  const encoder = inferenceGraph(
    ({ source, vocabulary }) => ({
      ...model.encode(source as tf.Tensor, inference),
      ...(vocabulary && { output_weight: tf.gather(outputWeight, vocabulary) }),
    }),
    { source: int32('N', 'S'), ...(shortlist && { vocabulary: int32('U') }) },
  )
  const decoder = inferenceGraph(
    (inputs) => {
      const { tokens, parents, position, candidates, wanted } = inputs as Tensors & Record<DecoderInput, tf.Tensor>
      const before = Object.entries(pick(inputs, statePorts)).map(([name, x]) => [name, tf.gather(x, parents)] as const)
      const step = model.step(tokens, position, Object.fromEntries(before), pick(inputs, memoryPorts), inference)
      const [asked, width] = wanted.shape as [number, number]
      // All rows are projected, so that the product is of the same size whoever asks.
      const logits = shortlist ? shortlistLogits(step.hidden, inputs) : model.project(step.hidden)
      const { values, indices } = tf.topk(logits, candidates.shape[0] as number)
      const normalizer = logNormalizer(logits, values)
      return {
        ids: indices,
        log_probs: tf.sub(values, normalizer),
        wanted_log_probs: tf.sub(tf.reshape(tf.gather(logits, wanted, 1, 1), [asked, width]), normalizer),
        attention: step.attention,
        ...Object.fromEntries(Object.keys(statePorts).map((name) => [`new_${name}`, step.state[name] as tf.Tensor])),
      }
    },
    {
      tokens: int32('R'),
      parents: int32('R'),
      position: int32(1),
      candidates: int32('K'),
      wanted: int32('R', 'W'),
      ...(shortlist && {
        output_weight: { shape: ['U', outputWeight.shape[1] as number], dtype: 'float32' as const },
        columns: int32('R', 'L'),
      }),
      ...float32(memoryPorts, 'R'),
      ...float32(statePorts, 'P'),
    },
    // Fewer candidates than tokens.
    { sizes: { K: [2, 3, 5] } },
  )
  return { encoder, decoder }
}

type DecoderInput = 'tokens' | 'parents' | 'position' | 'candidates' | 'wanted'
