import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { inference, type KeyValue, type LSTMState, namedParameters } from '@parlance/nn'
import { inferenceGraph, type InputSpec, iota, saveGraph, tf } from '@parlance/runtime'
import { LEAST_VOCABULARY, LSTM_CHUNK, SCORE_GRAPH, STEP_GRAPH, WEIGHTS } from './graphs.js'
import { LstmLM } from './lstm.js'
import { savedName } from './parameter-names.js'
import type { TransformerLM } from './transformer.js'

type Tensors = Record<string, tf.Tensor>

function given(inputs: Tensors, name: string): tf.Tensor {
  return inputs[name] as tf.Tensor
}

/** −ln P of each target: logits (N, T, V) and int32 targets (N, T) to (N, T). */
function tokenLosses(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  const [examples, length, size] = logits.shape as [number, number, number]
  const rows = tf.reshape(logits, [examples * length, size])
  const places = tf.stack([iota(examples * length), tf.reshape(targets, [examples * length])], 1)
  return tf.reshape(tf.neg(tf.gatherND(tf.logSoftmax(rows as tf.Tensor2D), places)), [examples, length])
}

/** The K best tokens after logits (N, V), K being the length of `k`, and their log-probabilities, both (N, K). */
function best(logits: tf.Tensor, k: tf.Tensor): Tensors {
  const { values, indices } = tf.topk(tf.logSoftmax(logits as tf.Tensor2D), k.shape[0] as number)
  return { ids: indices, logProbs: values }
}

const int = (...shape: (number | string)[]): InputSpec => ({ shape, dtype: 'int32' })
const float = (...shape: (number | string)[]): InputSpec => ({ shape, dtype: 'float32' })

/** The k of top-k must be tried at no more than the vocabulary has. */
const FEW = { K: [1, 2, LEAST_VOCABULARY] } as const

function transformerGraphs(model: TransformerLM) {
  const { layers, heads, width } = model.config
  const cache = float('M', heads, 'P', width / heads)
  const caches = Object.fromEntries(
    Array.from({ length: layers }, (_, i) => [[`key.${i}`, cache], [`value.${i}`, cache]] as const).flat(),
  )
  return {
    [SCORE_GRAPH]: inferenceGraph(
      (inputs) => {
        const logits = model.forwardAt(given(inputs, 'tokens'), given(inputs, 'places'), inference)
        return { losses: tokenLosses(logits, given(inputs, 'targets')) }
      },
      { tokens: int('N', 'T'), places: int('T'), targets: int('N', 'T') },
    ),
    [STEP_GRAPH]: inferenceGraph(
      (inputs) => {
        const rows = given(inputs, 'parents') as tf.Tensor1D
        const past = Array.from({ length: layers }, (_, i): KeyValue => ({
          key: tf.gather(given(inputs, `key.${i}`), rows),
          value: tf.gather(given(inputs, `value.${i}`), rows),
        }))
        const { logits, caches } = model.step(given(inputs, 'tokens'), given(inputs, 'places'), past, inference)
        const next = caches.flatMap(({ key, value }, i) => [[`next.key.${i}`, key], [`next.value.${i}`, value]] as const)
        return { ...best(logits, given(inputs, 'k')), ...Object.fromEntries(next) }
      },
      { tokens: int('N', 'T'), places: int('T'), parents: int('N'), k: int('K'), ...caches },
      { sizes: FEW },
    ),
  }
}

function lstmGraphs(model: LstmLM) {
  const { layers, width } = model.config
  const states = (rows: string) =>
    Object.fromEntries(
      Array.from({ length: layers }, (_, i) => [[`hidden.${i}`, float(rows, width)], [`cell.${i}`, float(rows, width)]] as const).flat(),
    )
  const read = (inputs: Tensors) =>
    Array.from({ length: layers }, (_, i): LSTMState => ({ hidden: given(inputs, `hidden.${i}`), cell: given(inputs, `cell.${i}`) }))
  const write = (state: LSTMState[]): Tensors =>
    Object.fromEntries(state.flatMap(({ hidden, cell }, i) => [[`next.hidden.${i}`, hidden], [`next.cell.${i}`, cell]] as const))
  return {
    [SCORE_GRAPH]: inferenceGraph(
      (inputs) => {
        const { logits, state } = model.forward(given(inputs, 'tokens'), inference, read(inputs))
        return { losses: tokenLosses(logits, given(inputs, 'targets')), ...write(state) }
      },
      { tokens: int('N', LSTM_CHUNK), targets: int('N', LSTM_CHUNK), ...states('N') },
    ),
    [STEP_GRAPH]: inferenceGraph(
      (inputs) => {
        const rows = given(inputs, 'parents') as tf.Tensor1D
        const before = read(inputs).map(({ hidden, cell }) => ({ hidden: tf.gather(hidden, rows), cell: tf.gather(cell, rows) }))
        const { logits, state } = model.forward(given(inputs, 'tokens'), inference, before)
        return { ...best(tf.squeeze(logits, [1]), given(inputs, 'k')), ...write(state) }
      },
      { tokens: int('N', 1), parents: int('N'), k: int('K'), ...states('M') },
      { sizes: FEW },
    ),
  }
}

/** Writes the inference graphs of a model beside its `model.safetensors`, whose weights they refer to. */
export function writeGraphs(folder: string, model: TransformerLM | LstmLM): void {
  const { type } = model.config
  const graphs = model instanceof LstmLM ? lstmGraphs(model) : transformerGraphs(model)
  const names = new Map([...namedParameters(model)].map(([name, variable]) => [savedName(type, name), variable]))
  for (const [file, graph] of Object.entries(graphs)) {
    saveGraph(graph, { file: join(folder, file), names, weights: { storedIn: WEIGHTS } })
  }
}

/** Removes inference graphs: while training rewrites the weights, they could refer to the wrong places. */
export function removeGraphs(folder: string): void {
  for (const file of [SCORE_GRAPH, STEP_GRAPH]) rmSync(join(folder, file), { force: true })
}
