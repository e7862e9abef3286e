import { createRequire } from 'node:module'
import { basename, dirname, extname, join } from 'node:path'
import { writeFileAtomic } from '../atomic-file.js'
import { type InferenceGraph, inferenceGraph, type InferenceGraphOptions, type InputSpec, type WeightsFile } from '../inference/inference-graph.js'
import { locateSafetensors, type SafetensorsTensor, writeSafetensors } from '../safetensors.js'
import type { tf } from '../tf.js'

export interface SaveOptions {
  /** The file to write, `….onnx`. */
  file: string
  /** What the weights are called in the file, as `namedParameters` gives them; default `weight.0`, `weight.1` … */
  names?: ReadonlyMap<string, tf.Variable>
  /**
   * Where the weights go: `embedded` in the file; `beside` it into a safetensors file of the same name; or they are
   * `storedIn` a safetensors file of the same folder already, under `names`, in float32, float16 or bfloat16. Default
   * embedded, and beside when they take more than an ONNX file can be long (2 GB).
   */
  weights?: 'embedded' | 'beside' | { storedIn: string }
  /** What the model is, for who reads the file. */
  description?: string
  /** Further properties, by name. */
  metadata?: Readonly<Record<string, string>>
}

export interface ExportOptions extends SaveOptions, InferenceGraphOptions {}

/** What an ONNX file's weights may take: a protocol buffer ends at 2 GiB, of which the graph needs a little. */
const LARGEST_EMBEDDED = 2 ** 31 - 2 ** 26

/**
 * Writes a function of named tensors as an ONNX file (opset 20) that any ONNX runtime can run: inputs and outputs have
 * the function's names, axes that the signature names have any length, and the variables that it reads are the weights.
 * The function must do the same operations at every size; see `inferenceGraph`.
 *
 * @throws Error, one line, when the function depends on a named axis, assigns a variable, or reads one that `storedIn`
 *   does not hold; when a weight has the name of an input or output; when a file cannot be written
 */
export function exportOnnx(
  fn: (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>,
  signature: Readonly<Record<string, InputSpec>>,
  { sizes = {}, ...options }: ExportOptions,
): void {
  saveGraph(inferenceGraph(fn, signature, { sizes }), options)
}

/**
 * Writes an inference graph as `exportOnnx` does.
 *
 * @throws Error, one line, when a weight has the name of an input or output, is not in `storedIn`, or a file cannot be
 *   written
 */
export function saveGraph(graph: InferenceGraph, { file, names, weights, description, metadata }: SaveOptions): void {
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }
  const called = nameAll(graph, names)
  const place = placeOf(graph, called, file, weights)
  const notes = { version, ...(description === undefined ? {} : { description }), ...(metadata === undefined ? {} : { metadata }) }
  writeFileAtomic(file, graph.toOnnx(place, { names: called, ...notes }))
}

/** The graph's weights by name. */
function nameAll(graph: InferenceGraph, names: ReadonlyMap<string, tf.Variable> = new Map()): Map<string, tf.Variable> {
  const given = new Map([...names].map(([name, variable]) => [variable, name]))
  const called = new Map(graph.weights.map((variable, i) => [given.get(variable) ?? `weight.${i}`, variable]))
  for (const port of graph.ports) {
    if (called.has(port)) throw new Error(`A weight and an input or output of the graph are both named '${port}': rename one.`)
  }
  return called
}

function placeOf(
  graph: InferenceGraph,
  names: ReadonlyMap<string, tf.Variable>,
  file: string,
  weights: SaveOptions['weights'],
): WeightsFile | 'embedded' {
  if (typeof weights === 'object') {
    return { names, file: weights.storedIn, locations: locateSafetensors(join(dirname(file), weights.storedIn)) }
  }
  const bytes = graph.weights.reduce((sum, variable) => sum + variable.size * 4, 0)
  if (weights !== 'beside' && (weights === 'embedded' || bytes <= LARGEST_EMBEDDED)) return 'embedded'
  const stored = `${basename(file, extname(file))}.safetensors`
  const target = join(dirname(file), stored)
  writeSafetensors(target, new Map([...names].map(([name, variable]) => [name, contentOf(variable)])), { format: 'pt' })
  return { names, file: stored, locations: locateSafetensors(target) }
}

function contentOf(variable: tf.Variable): SafetensorsTensor {
  const shape = [...variable.shape]
  if (variable.dtype === 'int32') return { dtype: 'I32', shape, data: variable.dataSync() as Int32Array }
  return { dtype: 'F32', shape, data: variable.dataSync() as Float32Array }
}
