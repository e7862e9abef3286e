import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { EmbeddingError } from '../errors.js'
import type { EpochProgress } from '../threads/run-epochs.js'
import type { WordVectors } from '../vectors/word-vectors.js'

/** What a model is, settled when it is first trained. */
export const starSpaceConfigSchema = z.object({
  dimensions: z.int().positive().default(100).describe('width of a vector'),
  similarity: z.enum(['cosine', 'dot']).default('cosine').describe('how vectors are compared'),
  exponent: z.number().min(0).max(1).default(0.5).describe('p: the sum over n features is divided by n^p'),
  ngrams: z.int().positive().default(1).describe('longest n-gram of words that is a feature'),
  buckets: z.int().positive().default(1_000_000).describe('rows that n-grams of two words and more share'),
})
export type StarSpaceConfig = z.infer<typeof starSpaceConfigSchema>

/** How a model is trained. */
export const starSpaceTrainingSchema = z.object({
  loss: z.enum(['margin', 'softmax']).default('margin').describe('ranking loss, or cross-entropy over the candidates'),
  margin: z.number().positive().default(0.05).describe('of the margin loss: by how much the right one is to lead'),
  negatives: z.int().positive().default(10).describe('wrong candidates for each example'),
  optimizer: z.enum(['adagrad', 'sgd']).default('adagrad').describe('row-wise Adagrad, or plain steps'),
  learningRate: z.number().positive().default(0.05).describe('of the first example; falls linearly to a ten-thousandth'),
  dropout: z.number().min(0).max(0.95).default(0).describe('share of the features of the left-hand side that are left out'),
  epochs: z.int().positive().default(5).describe('times that the examples are gone through'),
  minCount: z.int().positive().default(1).describe('words that are rarer are left out'),
  minCountLabel: z.int().positive().default(1).describe('labels and pages that are rarer are left out'),
  threads: z.int().positive().optional().describe('that train the same table without locks (default: the processors that there are)'),
  seed: z.int().nonnegative().default(1),
})
export type StarSpaceTraining = Omit<z.infer<typeof starSpaceTrainingSchema>, 'threads'> & { threads: number }

export interface StarSpaceOptions extends Partial<StarSpaceConfig>, Partial<StarSpaceTraining> {
  /** Vectors that words and labels begin with, as wide as the model's; others begin at random. */
  readonly initial?: WordVectors
  readonly onProgress?: (progress: EpochProgress) => void
  /** Ends the training soon, with the vectors as they are. */
  readonly signal?: AbortSignal
}

/**
 * Fills in defaults.
 *
 * @throws EmbeddingError for values out of range
 */
export function resolveStarSpace(options: StarSpaceOptions): { config: StarSpaceConfig; training: StarSpaceTraining } {
  const config = starSpaceConfigSchema.safeParse(options)
  const training = starSpaceTrainingSchema.safeParse(options)
  const issue = config.error?.issues[0] ?? training.error?.issues[0]
  if (!config.success || !training.success) throw new EmbeddingError(`${issue!.path.join('.')} cannot be: ${issue!.message}.`)
  const { threads = availableParallelism() } = training.data
  return { config: config.data, training: { ...training.data, threads } }
}
