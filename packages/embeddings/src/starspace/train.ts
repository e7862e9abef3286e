import { loadKernel } from '../kernels/load-kernel.js'
import type { SharedArena } from '../memory/shared-arena.js'
import type { Table } from '../memory/table.js'
import { shuffle } from '../sampling/shuffle.js'
import { type EpochReport, runEpochs } from '../threads/run-epochs.js'
import type { ArrangedExamples } from './dataset.js'
import { TASK_KINDS } from './examples.js'
import { instantiateStarSpace } from './kernel.js'
import type { StarSpaceConfig, StarSpaceOptions, StarSpaceTraining } from './options.js'
import { putStarSpaceSettings } from './settings.js'
import type { StarSpaceWorkerSetup } from './worker.js'

/** Puts everything that the kernel reads into the shared memory. */
export function prepareStarSpace(
  arena: SharedArena,
  table: Table,
  examples: ArrangedExamples,
  config: StarSpaceConfig,
  training: StarSpaceTraining,
): { address: number; progress: number; order: Uint32Array } {
  const { tasks, exampleParts, exampleTasks } = examples
  const size = exampleTasks.length
  const progress = arena.take(16)
  const order = arena.put(Uint32Array.from({ length: size }, (_, i) => i))
  let firstLabel = exampleParts[size]!
  const records = tasks.flatMap(({ kind, firstExample, exampleCount, labels }) => {
    const record = [TASK_KINDS.indexOf(kind), firstExample, exampleCount, firstLabel, labels.length]
    firstLabel += labels.length
    return record
  })
  const bagScales = arena.take(4 * (examples.longest + 1))
  arena.float32(bagScales, examples.longest + 1).set(Float32Array.from({ length: examples.longest + 1 }, (_, n) => n ** -config.exponent))
  const mostLabels = tasks.reduce((most, { labels }) => Math.max(most, labels.length), 0)
  const address = putStarSpaceSettings(arena, {
    totalExamples: training.epochs * size,
    learningRate: training.learningRate,
    margin: training.margin,
    table: table.address,
    rowBytes: 4 * table.stride,
    width: table.width,
    accumulators: training.optimizer === 'adagrad' ? arena.take(4 * table.rows) : 0,
    exampleParts: arena.put(exampleParts),
    partFeatures: arena.put(examples.partFeatures),
    features: arena.put(examples.features),
    exampleTasks: arena.put(exampleTasks),
    tasks: arena.put(Uint32Array.from(records)),
    order,
    negatives: training.negatives,
    mostCandidates: 1 + Math.max(training.negatives, mostLabels),
    longestBag: examples.longest,
    bagScales,
    softmax: training.loss === 'softmax' ? 1 : 0,
    cosine: config.similarity === 'cosine' ? 1 : 0,
    dropout: Math.floor(training.dropout * 2 ** 32),
    progress,
  })
  return { address, progress, order: arena.uint32(order, size) }
}

/**
 * Trains a table in place.
 *
 * @throws EmbeddingError when the loss is no number any more
 */
export async function trainStarSpaceTable(
  arena: SharedArena,
  table: Table,
  examples: ArrangedExamples,
  config: StarSpaceConfig,
  training: StarSpaceTraining,
  { onProgress, signal }: Pick<StarSpaceOptions, 'onProgress' | 'signal'>,
): Promise<EpochReport[]> {
  const module = await loadKernel('starspace')
  const { address, progress, order } = prepareStarSpace(arena, table, examples, config, training)
  const scratchBytes = instantiateStarSpace(module, arena.memory).scratchBytes(address)
  const setups = Array.from({ length: training.threads }, (): StarSpaceWorkerSetup => ({
    module,
    memory: arena.memory,
    settings: address,
    scratch: arena.take(scratchBytes),
  }))
  return runEpochs({
    arena,
    worker: new URL('./worker.js', import.meta.url),
    setups,
    progress,
    size: order.length,
    epochCount: order.length,
    epochs: training.epochs,
    firstEpoch: 1,
    seed: training.seed,
    learningRate: training.learningRate,
    prepare: (epoch) => shuffle(order, training.seed * 1000 + epoch),
    onProgress,
    signal,
  })
}
