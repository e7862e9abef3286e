import { join } from 'node:path'
import { inference, type Linear, namedParameters } from '@parlance/nn'
import { type InferenceGraph, inferenceGraph, type InputSpec, saveGraph, tf } from '@parlance/runtime'
import type { AttentionDecoder } from '../model/attention-decoder.js'
import { type LstmPredictor, StatelessPredictor } from '../model/predictor.js'
import type { RecognizerModel } from '../model/recognizer.js'
import type { Transducer } from '../model/transducer.js'
import { framesSeen } from '../model/subsampling.js'
import { GRAPH_FILES, type GraphName } from './files.js'

type Tensors = Record<string, tf.Tensor>
type Graph = { fn: (inputs: Tensors) => Tensors; inputs: Record<string, InputSpec>; sizes?: Record<string, [number, number, number]> }

/** Encoder frames that stay apart when features are subsampled; the graphs take any. */
const LENGTHS = [13, 17, 19] as const

/**
 * The graphs of a model, traced once; `toOnnx` gives them with the weights as they are when it is called.
 *
 * @param bins values of a feature frame, F
 */
export function recognizerGraphs(model: RecognizerModel, bins: number): Map<GraphName, InferenceGraph> {
  const graphs: [GraphName, Graph][] = [['encoder', model.streaming ? streamingEncoder(model, bins) : wholeEncoder(model, bins)]]
  if (model.transducer) graphs.push(['predictor', predictor(model.transducer)], ['joiner', joiner(model.transducer)])
  if (model.transducer && model.ctc) graphs.push(['ctc', ctcBeside(model.ctc)])
  if (model.attention) graphs.push(['decoder', attentionDecoder(model)])
  return new Map(graphs.map(([name, { fn, inputs, sizes }]) => [name, inferenceGraph(fn, inputs, sizes ? { sizes } : {})]))
}

/** Writes the graphs beside the folder's `model.safetensors`, whose weights they use in place. */
export function writeRecognizerGraphs(model: RecognizerModel, bins: number, folder: string): void {
  const names = namedParameters(model)
  for (const [name, graph] of recognizerGraphs(model, bins)) {
    saveGraph(graph, { file: join(folder, GRAPH_FILES[name]), names, weights: { storedIn: 'model.safetensors' } })
  }
}

/**
 * What a search reads of encoded frames (N, T', width): of a transducer `encoded`, projected for its joiner (N, T', joinerWidth), beside
 * that the frames themselves where there is a CTC to read them; of CTC `log_probs` (N, T', V); and of an attention decoder `encoded`, its memory (N, T', 2 · layers · width), beside it the
 * log-probabilities of CTC where there is one.
 */
function outputs(model: RecognizerModel, encoded: tf.Tensor): Tensors {
  if (model.transducer) {
    const projected = model.transducer.encoderProjection.forward(encoded)
    return { encoded: model.ctc ? tf.concat([projected, encoded], 2) : projected }
  }
  const logProbs = model.ctc && tf.logSoftmax(model.ctc.forward(encoded))
  if (!model.attention) return { log_probs: logProbs as tf.Tensor }
  const memory = model.attention.memory(encoded)
  return { encoded: logProbs ? tf.concat([memory, logProbs], 2) : memory }
}

/** `features` (N, T, F) and `lengths` int32 (N) to `outputs`, of which the first ⌈length / subsampling⌉ frames count. */
function wholeEncoder(model: RecognizerModel, bins: number): Graph {
  const { subsampling } = model.config.encoder
  return {
    fn: ({ features, lengths }) => outputs(model, model.encode(features as tf.Tensor, lengths as tf.Tensor, inference).encoded),
    inputs: { features: { shape: ['N', 'T', bins], dtype: 'float32' }, lengths: { shape: ['N'], dtype: 'int32' } },
    sizes: { T: LENGTHS.map((length) => length * subsampling) as [number, number, number] },
  }
}

/**
 * The same for a stretch of a recording: `features` (N, s·(C − 1) + 7, F), `lengths` int32 (N), of those that are real,
 * `processed` int32 (N), encoder frames before, and the encoder's state, which comes back as `next_…`.
 */
function streamingEncoder(model: RecognizerModel, bins: number): Graph {
  const state = model.streamState
  const { subsampling } = model.config.encoder
  return {
    fn: ({ features, lengths, processed, ...state }) => {
      const stretch = model.encodeStretch(features as tf.Tensor, lengths as tf.Tensor, processed as tf.Tensor, state as Tensors, inference)
      const next = Object.entries(stretch.state).map(([name, tensor]) => [`next_${name}`, tensor])
      return { ...outputs(model, stretch.encoded), ...(Object.fromEntries(next) as Tensors) }
    },
    inputs: {
      features: { shape: ['N', 'T', bins], dtype: 'float32' },
      lengths: { shape: ['N'], dtype: 'int32' },
      processed: { shape: ['N'], dtype: 'int32' },
      ...Object.fromEntries(state.map(({ name, shape }) => [name, { shape, dtype: 'float32' } as const])),
    },
    sizes: { T: LENGTHS.map((length) => framesSeen(length, subsampling)) as [number, number, number] },
  }
}

/**
 * `tokens` int32 (N, context), or of an LSTM (N, 1) and its state (N, width) each, to `predicted` (N, joinerWidth), projected
 * for the joiner.
 */
function predictor({ predictor, predictorProjection }: Transducer): Graph {
  if (predictor instanceof StatelessPredictor) {
    return {
      fn: ({ tokens }) => ({ predicted: tf.squeeze(predictorProjection.forward(predictor.after(tokens as tf.Tensor)), [1]) }),
      inputs: { tokens: { shape: ['N', predictor.context], dtype: 'int32' } },
    }
  }
  const width = predictor.outputs
  return {
    fn: ({ tokens, hidden, cell }) => {
      const before = { hidden: hidden as tf.Tensor, cell: cell as tf.Tensor }
      const { output, state } = (predictor as LstmPredictor).step(tokens as tf.Tensor, before, inference)
      const predicted = tf.squeeze(predictorProjection.forward(output), [1])
      return { predicted, next_hidden: state.hidden, next_cell: state.cell }
    },
    inputs: {
      tokens: { shape: ['N', 1], dtype: 'int32' },
      hidden: { shape: ['N', width], dtype: 'float32' },
      cell: { shape: ['N', width], dtype: 'float32' },
    },
  }
}

/** `encoded` and `predicted` (N, joinerWidth) to `log_probs` (N, V), and of durations `duration_log_probs` (N, D). */
function joiner(transducer: Transducer): Graph {
  const width = transducer.output.weight.shape[1] as number
  return {
    fn: ({ encoded, predicted }) => {
      const { logits, durationLogits } = transducer.join(encoded as tf.Tensor, predicted as tf.Tensor)
      return { log_probs: tf.logSoftmax(logits), ...(durationLogits && { duration_log_probs: tf.logSoftmax(durationLogits) }) }
    },
    inputs: { encoded: { shape: ['N', width], dtype: 'float32' }, predicted: { shape: ['N', width], dtype: 'float32' } },
  }
}

/** `frames` (T, width) to `log_probs` (T, V). */
function ctcBeside(ctc: Linear): Graph {
  return {
    fn: ({ frames }) => ({ log_probs: tf.logSoftmax(ctc.forward(frames as tf.Tensor)) }),
    inputs: { frames: { shape: ['T', ctc.inputs], dtype: 'float32' } },
  }
}

/**
 * One step of hypotheses about one recording: `tokens`, `parents` int32 (R), what each is fed and which row it continues; `position`
 * int32 (1); `memory` (1, T, 2 · layers · width); of each block `key_i` and `value_i` (P, heads, U, width / heads). To `log_probs` (R, V) of
 * what follows, and the longer caches (R, …) as `next_…`.
 */
function attentionDecoder({ attention, config: { encoder, attention: { decoderLayers } } }: RecognizerModel): Graph {
  const { width, heads } = encoder
  const caches = Array.from({ length: decoderLayers }, (_, i) => [`key_${i}`, `value_${i}`] as const)
  return {
    fn: ({ tokens, parents, position, memory, ...before }) => {
      const of = (name: string): tf.Tensor => tf.gather(before[name] as tf.Tensor, parents as tf.Tensor1D)
      const step = (attention as AttentionDecoder).step(
        tokens as tf.Tensor, position as tf.Tensor, caches.map(([key, value]) => ({ key: of(key), value: of(value) })), memory as tf.Tensor, inference,
      )
      const next = step.caches.flatMap(({ key, value }, i) => [[`next_key_${i}`, key], [`next_value_${i}`, value]] as const)
      return { log_probs: tf.logSoftmax(step.logits), ...Object.fromEntries(next) }
    },
    inputs: {
      tokens: { shape: ['R'], dtype: 'int32' },
      parents: { shape: ['R'], dtype: 'int32' },
      position: { shape: [1], dtype: 'int32' },
      memory: { shape: [1, 'T', 2 * decoderLayers * width], dtype: 'float32' },
      ...Object.fromEntries(caches.flat().map((name) => [name, { shape: ['P', heads, 'U', width / heads], dtype: 'float32' } as const])),
    },
  }
}
