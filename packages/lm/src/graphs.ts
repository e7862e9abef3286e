import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { GraphSession, type GraphTensor } from '@parlance/runtime/session'

/** Files of a model folder. */
export const WEIGHTS = 'model.safetensors'
export const SCORE_GRAPH = 'score.onnx'
export const STEP_GRAPH = 'step.onnx'

/** The fewest tokens of a model's vocabulary. */
export const LEAST_VOCABULARY = 3

/** Tokens that an LSTM's scoring graph takes at once. */
export const LSTM_CHUNK = 32

/** Loads a graph of a model folder. Throws an Error, one line, when the folder has none. */
export function loadGraph(folder: string, name: string, threads: number | undefined): GraphSession {
  const file = join(folder, name)
  if (!existsSync(file)) {
    throw new Error(`${file}: there is no such file: resume the training of this model to its end, which writes it.`)
  }
  return GraphSession.load(file, threads === undefined ? {} : { threads })
}

export function int32(data: Int32Array, ...shape: number[]): GraphTensor {
  return { data, shape }
}

/** A graph's outputs `next.…` as the inputs of its next run. */
export function nextInputs(outputs: Readonly<Record<string, GraphTensor>>): Record<string, GraphTensor> {
  const prefix = 'next.'
  return Object.fromEntries(
    Object.entries(outputs).flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [])),
  )
}

/** Zeros for the graph's inputs that hold what came before: `rows` rows and no past. */
export function emptyPast(graph: GraphSession, rows: number): Record<string, GraphTensor> {
  const isPast = /^(key|value|hidden|cell)\.\d+$/
  return Object.fromEntries(
    graph.inputs.flatMap(({ name, shape }) => {
      if (!isPast.test(name)) return []
      const sizes = shape.map((length) => (typeof length === 'number' ? length : length === 'P' ? 0 : rows))
      return [[name, { data: new Float32Array(sizes.reduce((a, b) => a * b, 1)), shape: sizes }]]
    }),
  )
}
