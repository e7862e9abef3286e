import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { namedParameters } from '@parlance/nn'
import { type InferenceGraph, quantizeGraph, saveGraph, type WeightsPlace, writeFileAtomic } from '@parlance/runtime'
import { locateSafetensors, type Quantization, type SafetensorsLocation } from '@parlance/runtime/session'
import type { tf } from '@parlance/runtime'
import { checkWeights } from './check-weights.js'
import { readFolderConfig } from './folder-config.js'
import { inferenceGraphs } from './inference-graphs.js'
import type { ModelConfig } from './model-config.js'
import { createModel } from './models/create-model.js'
import { fileNames } from './parameter-names.js'
import { parameterShapes } from './parameter-shapes.js'
import { hasShortlist } from './shortlist/shortlist-file.js'

export const WEIGHTS = 'model.safetensors'
const GRAPHS = { encoder: 'encoder.onnx', decoder: 'decoder.onnx' } as const

/**
 * Writes `encoder.onnx` and `decoder.onnx` into a model folder: small files whose weights are those in
 * `model.safetensors`, at the places where they lie there. They compute with quantized weights where the folder has such,
 * and take shortlists where it has `shortlist.safetensors`.
 *
 * @throws Error, one line, when the folder's files are missing or do not go together
 */
export function exportTranslator(folder: string): void {
  const { model: config, quantization } = readFolderConfig(folder)
  checkWeights(join(folder, WEIGHTS), config, quantization?.scheme)
  const model = createModel(config)
  const names = fileNames(namedParameters(model))
  const graphs = inferenceGraphs(model, { shortlist: hasShortlist(folder) })
  for (const [name, graph] of Object.entries(graphs) as [keyof typeof GRAPHS, InferenceGraph][]) {
    const file = join(folder, GRAPHS[name])
    if (quantization) saveQuantized(graph, names, config, quantization.scheme, folder, file)
    else saveGraph(graph, { file, names, weights: { storedIn: WEIGHTS } })
  }
  model.dispose()
}

function saveQuantized(
  graph: InferenceGraph,
  names: ReadonlyMap<string, tf.Variable>,
  config: ModelConfig,
  scheme: Quantization,
  folder: string,
  file: string,
): void {
  // The graph as it would be beside a file of floats, which need not exist.
  const floats: WeightsPlace = { file: WEIGHTS, locations: floatLocations(config) }
  const stored: WeightsPlace = { file: WEIGHTS, locations: locateSafetensors(join(folder, WEIGHTS)) }
  writeFileAtomic(file, quantizeGraph(graph.toOnnx({ names, ...floats }), floats, stored, scheme))
}

function floatLocations(config: ModelConfig): Map<string, SafetensorsLocation> {
  let offset = 0
  return new Map(Array.from(parameterShapes(config), ([name, shape]) => {
    const length = 4 * shape.reduce((size, axis) => size * axis, 1)
    offset += length
    return [name, { dtype: 'F32', shape, offset: offset - length, length }]
  }))
}

/** Training changes where weights lie: graphs of before would read the wrong bytes. */
export function removeGraphs(folder: string): void {
  for (const name of Object.values(GRAPHS)) rmSync(join(folder, name), { force: true })
}
