import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { namedParameters } from '@parlance/nn'
import { saveGraph } from '@parlance/runtime'
import { checkWeights } from './check-weights.js'
import { readFolderConfig } from './folder-config.js'
import { inferenceGraphs } from './inference-graphs.js'
import { createModel } from './models/create-model.js'
import { fileNames } from './parameter-names.js'

const WEIGHTS = 'model.safetensors'
const GRAPHS = { encoder: 'encoder.onnx', decoder: 'decoder.onnx' } as const

/**
 * Writes `encoder.onnx` and `decoder.onnx` into a model folder: small files whose weights are those in
 * `model.safetensors`, at the places where they lie there.
 *
 * @throws Error, one line, when the folder's files are missing or do not go together
 */
export function exportTranslator(folder: string): void {
  const { model: config } = readFolderConfig(folder)
  checkWeights(join(folder, WEIGHTS), config)
  const model = createModel(config)
  const names = fileNames(namedParameters(model))
  const graphs = inferenceGraphs(model)
  saveGraph(graphs.encoder, { file: join(folder, GRAPHS.encoder), names, weights: { storedIn: WEIGHTS } })
  saveGraph(graphs.decoder, { file: join(folder, GRAPHS.decoder), names, weights: { storedIn: WEIGHTS } })
  model.dispose()
}

/** Training changes where weights lie: graphs of before would read the wrong bytes. */
export function removeGraphs(folder: string): void {
  for (const name of Object.values(GRAPHS)) rmSync(join(folder, name), { force: true })
}
