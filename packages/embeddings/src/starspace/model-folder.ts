import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readJson } from '@parlance/nn/command-line'
import { readSafetensors, writeFileAtomic, writeSafetensors } from '@parlance/runtime/session'
import { z } from 'zod'
import { EmbeddingError } from '../errors.js'
import { matrixOf, wordsOfTensor, wordsTensor } from '../vectors/safetensors.js'
import { starSpaceConfigSchema } from './options.js'
import { StarSpace } from './starspace.js'

const schema = starSpaceConfigSchema.required().extend({ type: z.literal('starspace') })

/** Whether a path is a folder in which a StarSpace model was saved. */
export function isStarSpaceFolder(path: string): boolean {
  const file = join(path, 'config.json')
  if (!existsSync(path) || !statSync(path).isDirectory() || !existsSync(file)) return false
  return (readJson(file) as { type?: unknown }).type === 'starspace'
}

/** Saves a model: `model.safetensors` with vectors and names, then `config.json`, each atomically. */
export function saveStarSpace(model: StarSpace, folder: string): void {
  mkdirSync(folder, { recursive: true })
  const { dimensions } = model.config
  const data = model.values()
  writeSafetensors(
    join(folder, 'model.safetensors'),
    new Map([
      ['vectors', { dtype: 'F32' as const, shape: [data.length / dimensions, dimensions], data }],
      ['words', wordsTensor(model.words)],
      ['labels', wordsTensor(model.labels)],
    ]),
  )
  writeFileAtomic(join(folder, 'config.json'), `${JSON.stringify({ type: 'starspace', ...model.config }, null, 2)}\n`)
}

/**
 * Loads a model that was saved.
 *
 * @throws EmbeddingError for a folder of something else; Error for damaged files
 */
export function loadStarSpace(folder: string): StarSpace {
  const file = join(folder, 'config.json')
  const parsed = schema.safeParse(readJson(file))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new EmbeddingError(`${file}: is no config of a StarSpace model: ${issue?.path.join('.') || 'it'}: ${issue?.message}.`)
  }
  const { type: _, ...config } = parsed.data
  const weights = join(folder, 'model.safetensors')
  const { tensors } = readSafetensors(weights)
  const names = { words: wordsOfTensor(tensors.get('words'), weights), labels: wordsOfTensor(tensors.get('labels'), weights) }
  return StarSpace.create(config, names, { values: matrixOf(tensors, 'vectors', weights).values })
}
