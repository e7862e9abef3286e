import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { loadParameters, namedParameters } from '@parlance/nn'
import { UsageError } from '@parlance/nn/command-line'
import { Random, readSafetensors, tf, toFloat32 } from '@parlance/runtime'
import { checkWeights } from '../check-weights.js'
import { type ModelConfig, readModelConfig } from '../config.js'
import { speechWidth } from '../speech/speech-features.js'
import { RecognizerModel } from './recognizer.js'

/** Sets the weights of `model` to those of a safetensors file. */
export function loadWeights(model: RecognizerModel, file: string): void {
  const { tensors } = readSafetensors(file)
  loadParameters(model, new Map([...tensors].map(([name, tensor]) => [name, { shape: tensor.shape, data: toFloat32(tensor) }])))
}

/**
 * Sets those weights of `model` that the model of a folder has too, with their names and shapes; its encoder must be among them.
 *
 * @throws UsageError when it has another encoder; Error, one line, when the folder cannot be read
 */
export function initializeFrom(model: RecognizerModel, folder: string): void {
  if (!existsSync(folder)) throw new Error(`${folder}: there is no such model folder to begin with.`)
  const { tensors } = readSafetensors(join(folder, 'model.safetensors'))
  for (const [name, variable] of namedParameters(model)) {
    const tensor = tensors.get(name)
    if (tensor && tensor.shape.join() === variable.shape.join()) {
      tf.tidy(() => variable.assign(tf.tensor(toFloat32(tensor), variable.shape)))
    } else if (/^(frontend|encoder)\./.test(name)) {
      const got = tensor ? `got (${tensor.shape.join(', ')})` : 'there is none'
      throw new UsageError(`${folder}: has another encoder: ${name} should have the shape (${variable.shape.join(', ')}), ${got}. Give the features and encoder settings of its config.json.`)
    }
  }
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
  const model = new RecognizerModel(config, speechWidth(config.features), new Random(0))
  loadWeights(model, weights)
  return { model, config }
}
