import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { featureWidth } from '@parlance/audio'
import { loadParameters } from '@parlance/nn'
import { Random, readSafetensors, toFloat32 } from '@parlance/runtime'
import { checkWeights } from '../check-weights.js'
import { type ModelConfig, readModelConfig } from '../config.js'
import { RecognizerModel } from './recognizer.js'

/** Sets the weights of `model` to those of a safetensors file. */
export function loadWeights(model: RecognizerModel, file: string): void {
  const { tensors } = readSafetensors(file)
  loadParameters(model, new Map([...tensors].map(([name, tensor]) => [name, { shape: tensor.shape, data: toFloat32(tensor) }])))
}

/**
 * The network of a model folder.
 *
 * @throws Error, one line, when a file is missing or does not belong to the others
 */
export function loadRecognizer(folder: string): { model: RecognizerModel; config: ModelConfig } {
  if (!existsSync(folder)) throw new Error(`${folder}: there is no such model folder.`)
  const config = readModelConfig(join(folder, 'config.json'))
  const weights = join(folder, 'model.safetensors')
  checkWeights(weights, config)
  const model = new RecognizerModel(config, featureWidth(config.features), new Random(0))
  loadWeights(model, weights)
  return { model, config }
}
