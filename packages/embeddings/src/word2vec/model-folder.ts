import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readJson } from '@parlance/nn/command-line'
import { readSafetensors, writeFileAtomic, writeSafetensors } from '@parlance/runtime/session'
import { z } from 'zod'
import { EmbeddingError } from '../errors.js'
import { matrixOf, wordsOfTensor, wordsTensor } from '../vectors/safetensors.js'
import { Vocabulary } from './vocabulary.js'
import { Word2Vec } from './word2vec.js'

const configSchema = z.object({
  type: z.literal('word2vec'),
  dimensions: z.int().positive(),
  architecture: z.enum(['skip-gram', 'cbow']),
  loss: z.enum(['negative-sampling', 'hierarchical-softmax']),
  subwords: z.object({ minN: z.int().positive(), maxN: z.int().positive(), buckets: z.int().positive() }).nullable(),
  /** Of the run that the folder was saved in, for one that was interrupted. */
  finishedEpochs: z.int().nonnegative(),
})

/** Whether a path is a folder in which a model was saved. */
export function isWord2VecFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory() && existsSync(join(path, 'config.json'))
}

/**
 * Saves a model: `config.json`, and `model.safetensors` with both tables, the words and their counts. Each file is written
 * atomically, the config last.
 */
export function saveWord2Vec(model: Word2Vec, folder: string, { finishedEpochs = 0 }: { finishedEpochs?: number } = {}): void {
  const { config, vocabulary } = model
  const { input, output } = model.tables()
  const { dimensions } = config
  mkdirSync(folder, { recursive: true })
  const matrix = (data: Float32Array) => ({ dtype: 'F32' as const, shape: [data.length / dimensions, dimensions], data })
  writeSafetensors(
    join(folder, 'model.safetensors'),
    new Map([
      ['input', matrix(input)],
      ['output', matrix(output)],
      ['words', wordsTensor(vocabulary.words)],
      ['counts', { dtype: 'I64' as const, shape: [vocabulary.size], data: BigInt64Array.from(vocabulary.counts, BigInt) }],
    ]),
  )
  writeFileAtomic(join(folder, 'config.json'), `${JSON.stringify({ type: 'word2vec', ...config, finishedEpochs }, null, 2)}\n`)
}

/**
 * Loads a model that was saved.
 *
 * @throws EmbeddingError for a folder of something else; Error for damaged files
 */
export function loadWord2Vec(folder: string): { model: Word2Vec; finishedEpochs: number } {
  const file = join(folder, 'config.json')
  const parsed = configSchema.safeParse(readJson(file))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new EmbeddingError(`${file}: is no config of a word2vec model: ${issue?.path.join('.') || 'it'}: ${issue?.message}.`)
  }
  const { type: _, finishedEpochs, ...config } = parsed.data
  const weights = join(folder, 'model.safetensors')
  const { tensors } = readSafetensors(weights)
  const counts = tensors.get('counts')
  if (counts?.dtype !== 'I64') throw new EmbeddingError(`${weights}: has no tensor "counts" of int64: it holds no word2vec model.`)
  const vocabulary = new Vocabulary(wordsOfTensor(tensors.get('words'), weights), Array.from(counts.data, Number))
  const tables = { input: matrixOf(tensors, 'input', weights).values, output: matrixOf(tensors, 'output', weights).values }
  return { model: Word2Vec.create(config, vocabulary, { tables }), finishedEpochs }
}
