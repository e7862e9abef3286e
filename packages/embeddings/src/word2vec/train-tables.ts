import { loadKernel } from '../kernels/load-kernel.js'
import type { SharedArena } from '../memory/shared-arena.js'
import type { Table } from '../memory/table.js'
import { aliasTable } from '../sampling/alias-table.js'
import type { Corpus } from '../text/corpus.js'
import { type EpochReport, runEpochs } from '../threads/run-epochs.js'
import { huffmanPaths } from './huffman.js'
import { instantiate } from './kernel.js'
import type { ResolvedTraining, TrainingOptions, Word2VecConfig } from './options.js'
import { keepThresholds } from './subsampling.js'
import { putSettings } from './settings.js'
import { subwordRows } from './subwords.js'
import type { Vocabulary } from './vocabulary.js'
import type { WorkerSetup } from './worker-protocol.js'

/** Tokens that a thread reads at a time: 256 KiB. */
const BUFFER_TOKENS = 1 << 16

/** What is trained, all in one arena. */
export interface Trainee {
  readonly config: Word2VecConfig
  readonly vocabulary: Vocabulary
  readonly arena: SharedArena
  readonly input: Table
  readonly output: Table
}

/** Puts everything that the kernel reads into the shared memory; gives the address of the settings. */
export function prepareSettings(trainee: Trainee, corpus: Pick<Corpus, 'words' | 'counts'>, training: ResolvedTraining): {
  address: number
  progress: number
  epochWords: number
} {
  const { config, vocabulary, arena, input, output } = trainee
  const { words, counts, size } = vocabulary
  const wordOfToken = Int32Array.from(corpus.words, (word) => vocabulary.indexOf(word) ?? -1)
  const epochWords = corpus.counts.reduce((sum, count, token) => sum + (wordOfToken[token]! < 0 ? 0 : count), 0)
  const hierarchical = config.loss === 'hierarchical-softmax'
  const paths = hierarchical ? huffmanPaths(counts) : undefined
  const subwords = config.subwords ? subwordRows(words, config.subwords) : undefined
  // The end of a sentence is never trained, so it is no noise either.
  const noise = hierarchical ? undefined : aliasTable(counts.map((count, i) => (i === 0 ? 0 : count ** training.noiseExponent)))
  const progress = arena.take(16)
  const address = putSettings(arena, {
    totalWords: training.epochs * epochWords,
    learningRate: training.learningRate,
    input: input.address,
    output: output.address,
    rowBytes: 4 * input.stride,
    words: arena.put(wordOfToken),
    keep: arena.put(keepThresholds(counts, training.sample)),
    noise: noise ? arena.put(noise) : 0,
    noiseSize: size,
    negatives: training.negatives,
    pathOffsets: paths ? arena.put(paths.offsets) : 0,
    paths: paths ? arena.put(paths.steps) : 0,
    longestPath: paths?.longest ?? 0,
    rowOffsets: subwords ? arena.put(subwords.offsets) : 0,
    rows: subwords ? arena.put(subwords.rows) : 0,
    mostRows: subwords?.most ?? 0,
    window: training.window,
    cbow: config.architecture === 'cbow' ? 1 : 0,
    progress,
  })
  return { address, progress, epochWords }
}

/**
 * Trains the tables of a model in place.
 *
 * @param firstEpoch from 1; a later one goes on where a run with the same options, one thread and this corpus was left
 *   after the epoch before
 * @returns a report for each epoch that was finished
 * @throws EmbeddingError when the loss is no number any more
 */
export async function trainTables(
  trainee: Trainee,
  corpus: Corpus,
  training: ResolvedTraining,
  { onProgress, onEpoch, signal }: Pick<TrainingOptions, 'onProgress' | 'onEpoch' | 'signal'>,
  firstEpoch = 1,
): Promise<EpochReport[]> {
  const { arena } = trainee
  const module = await loadKernel('word2vec')
  const { address, progress, epochWords } = prepareSettings(trainee, corpus, training)
  const scratchBytes = instantiate(module, arena.memory).scratchBytes(address)
  const setups = Array.from({ length: training.threads }, (): WorkerSetup => ({
    module,
    memory: arena.memory,
    settings: address,
    scratch: arena.take(scratchBytes),
    buffer: arena.take(4 * BUFFER_TOKENS),
    bufferTokens: BUFFER_TOKENS,
    stop: progress + 8,
    file: corpus.file,
  }))
  return runEpochs({
    arena,
    worker: new URL('./worker.js', import.meta.url),
    setups,
    progress,
    size: corpus.tokens,
    epochCount: epochWords,
    epochs: training.epochs,
    firstEpoch,
    seed: training.seed,
    learningRate: training.learningRate,
    onProgress: onProgress && (({ done, total, seconds }) => onProgress({ words: done, totalWords: total, seconds })),
    onEpoch,
    signal,
  })
}
