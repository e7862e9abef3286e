import { availableParallelism } from 'node:os'
import { EmbeddingError } from '../errors.js'
import type { CorpusProgress } from '../text/corpus.js'
import type { EpochReport } from '../threads/run-epochs.js'
import type { SubwordOptions } from './subwords.js'

/** What a model is, settled when it is first trained. */
export interface Word2VecConfig {
  /** Width of a vector. Default 100. */
  readonly dimensions: number
  /** Each word around it predicts a word, or their mean does (Mikolov et al. 2013). Default skip-gram. */
  readonly architecture: 'skip-gram' | 'cbow'
  /** Default negative sampling. */
  readonly loss: 'negative-sampling' | 'hierarchical-softmax'
  /** Character n-grams as in fastText; null (the default): none. */
  readonly subwords: SubwordOptions | null
}

/** How a model is trained. */
export interface TrainingOptions {
  /** Words to either side at most; each word draws its own window from 1 to this. Default 5. */
  readonly window?: number
  /** Noise words for each word, shared by the words around it. Default 5. */
  readonly negatives?: number
  /**
   * Words more frequent than this share of the corpus are left out at random, before windows are made. 0: none are.
   * Default 1e-3.
   */
  readonly sample?: number
  /** Noise words are drawn by count to this power. Default 0.75. */
  readonly noiseExponent?: number
  /** Of the first step; falls linearly to a ten-thousandth of it. Default 0.025 for skip-gram, 0.05 for CBOW. */
  readonly learningRate?: number
  /** Times that the corpus is gone through. Default 5. */
  readonly epochs?: number
  /**
   * Threads that train the same tables without locks (Hogwild). With one the same seed gives the same vectors. Default:
   * the processors that there are.
   */
  readonly threads?: number
  /** Default 1. */
  readonly seed?: number
  readonly onProgress?: (progress: TrainingProgress) => void
  /**
   * After each epoch, while the model is at rest: save it here, and an end of the process loses one epoch at most. Its loss
   * is in nats, −log σ of the true pair and of each noise word, or of the path's decisions; an example is a word with one
   * word around it, with CBOW a word with all of them.
   */
  readonly onEpoch?: (epoch: EpochReport) => void | Promise<void>
  /** Ends the training soon, with the vectors as they are. */
  readonly signal?: AbortSignal
}

export interface Word2VecOptions extends Partial<Word2VecConfig>, TrainingOptions {
  /** Words that are rarer are left out. Default 5. */
  readonly minCount?: number
  /** The most frequent words are kept, `</s>` among them. Default: all. */
  readonly maxVocabulary?: number
  /** While the corpus is read. */
  readonly onRead?: (progress: CorpusProgress) => void
}

export interface TrainingProgress {
  /** Words trained on so far, those that were left out at random included, and in all epochs together. */
  readonly words: number
  readonly totalWords: number
  readonly seconds: number
}

function whole(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new EmbeddingError(`${name} must be a whole number from ${least} on, got ${value}.`)
  }
}

export function resolveConfig(options: Partial<Word2VecConfig>): Word2VecConfig {
  const { dimensions = 100, architecture = 'skip-gram', loss = 'negative-sampling', subwords = null } = options
  whole('dimensions', dimensions, 1)
  if (subwords) {
    whole('subwords.minN', subwords.minN, 1)
    whole('subwords.maxN', subwords.maxN, subwords.minN)
    whole('subwords.buckets', subwords.buckets, 1)
  }
  return { dimensions, architecture, loss, subwords }
}

export type ResolvedTraining = Required<Omit<TrainingOptions, 'onProgress' | 'onEpoch' | 'signal'>>

/** Fills in defaults. Throws EmbeddingError for numbers out of range, one line each. */
export function resolveTraining(options: TrainingOptions, { architecture }: Word2VecConfig): ResolvedTraining {
  const resolved = {
    window: options.window ?? 5,
    negatives: options.negatives ?? 5,
    sample: options.sample ?? 1e-3,
    noiseExponent: options.noiseExponent ?? 0.75,
    learningRate: options.learningRate ?? (architecture === 'cbow' ? 0.05 : 0.025),
    epochs: options.epochs ?? 5,
    threads: options.threads ?? availableParallelism(),
    seed: options.seed ?? 1,
  }
  for (const name of ['window', 'negatives', 'epochs', 'threads'] as const) whole(name, resolved[name], 1)
  whole('seed', resolved.seed, 0)
  if (!(resolved.sample >= 0 && resolved.sample < 1)) throw new EmbeddingError(`sample must lie in [0, 1), got ${resolved.sample}.`)
  if (!Number.isFinite(resolved.noiseExponent)) throw new EmbeddingError(`noiseExponent must be a number, got ${resolved.noiseExponent}.`)
  if (!(resolved.learningRate > 0 && resolved.learningRate < Infinity)) {
    throw new EmbeddingError(`learningRate must be a positive number, got ${resolved.learningRate}.`)
  }
  return resolved
}
