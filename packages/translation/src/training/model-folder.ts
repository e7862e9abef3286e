import { join } from 'node:path'
import { readSafetensors, tf, toFloat32 } from '@parlance/runtime'
import { checkWeights } from '../check-weights.js'
import { readFolderConfig } from '../folder-config.js'
import type { ModelConfig } from '../model-config.js'
import { folderHash } from '../synthetic/folder-hash.js'

/** A trained model as another training takes it up. */
export interface TrainedModel {
  readonly folder: string
  readonly config: ModelConfig
  /** Of its tokenizer, as `config.json` says it. */
  readonly tokenizerHash: string
  readonly weights: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>
  /** sha256 of `model.safetensors`. */
  readonly hash: string
}

/** Where the tokenizer of a model folder lies. */
export function tokenizerFile(folder: string): string {
  return join(folder, 'tokenizer.json')
}

/** @throws Error, one line, when files of the folder are missing, damaged or do not go together */
export function readTrainedModel(folder: string): TrainedModel {
  const { model: config, tokenizer } = readFolderConfig(folder)
  const file = join(folder, 'model.safetensors')
  checkWeights(file, config)
  const { tensors } = readSafetensors(file)
  const weights = new Map(Array.from(tensors, ([name, tensor]) => [name, { shape: tensor.shape, data: toFloat32(tensor) }]))
  return { folder, config, tokenizerHash: tokenizer.hash, weights, hash: folderHash(folder) }
}

/**
 * Sets the parameters, by their names in files, to a trained model's. Where the vocabulary is longer than the model's, its
 * last rows keep what they were drawn as.
 *
 * @throws Error, one line, when the architectures differ in more than the size of the vocabulary
 */
export function loadWeights(trained: TrainedModel, architecture: ModelConfig, parameters: ReadonlyMap<string, tf.Variable>): void {
  const { vocabSize: before, ...theirs } = trained.config
  const { vocabSize: after, ...ours } = architecture
  const differences = Object.keys({ ...theirs, ...ours }).flatMap((name) => {
    const [there, here] = [(theirs as Record<string, unknown>)[name], (ours as Record<string, unknown>)[name]]
    return there === here ? [] : `${name} is ${String(there ?? 'not set')} there and ${String(here ?? 'not set')} here`
  })
  if (differences.length > 0) {
    throw new Error(`${trained.folder}: is a model of another architecture: ${differences.join('; ')}. Train with the same.`)
  }
  if (before > after) throw new Error(`${trained.folder}: has a vocabulary of ${before} tokens, more than ${after}: use its tokenizer.`)
  for (const [name, variable] of parameters) {
    const { shape, data } = trained.weights.get(name) as { shape: readonly number[]; data: Float32Array }
    tf.tidy(() => {
      const stored = tf.tensor(data, [...shape])
      const added = (variable.shape[0] ?? 0) - (shape[0] ?? 0)
      if (added === 0) variable.assign(stored)
      else variable.assign(tf.concat([stored, tf.slice(variable, [shape[0] as number], [added])], 0))
    })
  }
}
