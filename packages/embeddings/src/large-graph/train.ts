import { mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Random } from '@parlance/runtime/session'
import { EmbeddingError } from '../errors.js'
import type { EpochProgress } from '../threads/run-epochs.js'
import { ThreadPool } from '../threads/thread-pool.js'
import { CHUNK_NUMBERS, makeChunks, mostChunks } from './chunks.js'
import { type EdgeFiles, edgePieces } from './edge-files.js'
import { GraphMemory } from './graph-memory.js'
import { setInteger } from './kernel.js'
import { clearFolder, readFolder, writeFolder } from './model-folder.js'
import { copyNames } from './names.js'
import type { LargeGraphTraining } from './training-config.js'
import type { ChunksResult, ChunksTask, WorkerSetup } from './worker-protocol.js'

/** Edges that are shuffled together and handed to the threads at a time. */
const PIECE_EDGES = 1 << 20

export interface LargeGraphEpoch {
  /** From 1. */
  readonly epoch: number
  /** Mean over edges and sides, in nats where the loss is no margin. */
  readonly loss: number
  readonly edges: number
  /** Since the training began. */
  readonly seconds: number
}

export interface TrainLargeGraphOptions {
  readonly edges: EdgeFiles
  /** Where the model goes; made if it is not there. What an earlier training left there is written over. */
  readonly folder: string
  readonly training: LargeGraphTraining
  /** Goes on after the last epoch that is finished in the folder; default false. */
  readonly resume?: boolean
  /** With one, the same seed gives the same vectors. Default: the processors that there are. */
  readonly threads?: number
  readonly onEpoch?: (epoch: LargeGraphEpoch) => void | Promise<void>
  /** Edges trained on so far, and of all epochs. */
  readonly onProgress?: (progress: EpochProgress) => void
  /** Ends the training soon; what was learnt is written. */
  readonly signal?: AbortSignal
}

/**
 * Trains vectors of a graph that need not fit into memory, after PyTorch-BigGraph (Lerer et al. 2019): bucket by bucket,
 * with the tables of two partitions in memory and the others on disk. Leaves a folder that `LargeGraphModel.open` reads.
 *
 * @returns the epochs that were finished
 * @throws EmbeddingError when the loss is no number any more
 */
export async function trainLargeGraph(options: TrainLargeGraphOptions): Promise<LargeGraphEpoch[]> {
  const { edges, folder, training, resume = false } = options
  const { shape } = edges
  mkdirSync(folder, { recursive: true })
  const finished = resume ? readFolder(folder).finishedEpochs : 0
  if (!resume) clearFolder(folder, shape)
  copyNames(edges.folder, folder, shape)
  writeFolder(folder, { shape, training, finishedEpochs: finished })
  const memory = await GraphMemory.open({ folder, shape, training })
  return trainMemory(memory, { ...options, firstEpoch: finished + 1, finish: (epoch) => writeFolder(folder, { shape, training, finishedEpochs: epoch }) })
}

/** Trains what is in `memory`; `finish` is called when an epoch has been written. */
export async function trainMemory(
  memory: GraphMemory,
  options: Omit<TrainLargeGraphOptions, 'folder' | 'resume'> & { readonly firstEpoch: number; readonly finish: (epoch: number) => void },
): Promise<LargeGraphEpoch[]> {
  const { edges, training, threads = availableParallelism(), firstEpoch, onEpoch, onProgress, signal } = options
  const { arena, module, settings } = memory
  const most = Math.min(PIECE_EDGES, Math.max(...edges.buckets.map((bucket) => bucket.edges)))
  const chunkRoom = mostChunks(most, edges.shape.relations.length, training.batch)
  // Two, so that one is filled while the other is trained on.
  const buffers = Array.from({ length: 2 }, () => ({ edges: arena.take(8 * most), chunks: arena.take(4 * CHUNK_NUMBERS * chunkRoom) }))
  const next = arena.take(8)
  setInteger(arena, settings, 'next', next)
  const setups = Array.from({ length: threads }, (): WorkerSetup => ({ module, memory: arena.memory, settings, scratch: arena.take(memory.scratchBytes) }))
  const pool = new ThreadPool<ChunksTask, ChunksResult>(new URL('./worker.js', import.meta.url), setups)
  const stop = () => void Atomics.store(arena.int32(next, 2), 1, 1)
  signal?.addEventListener('abort', stop)
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  const epochs: LargeGraphEpoch[] = []
  try {
    for (let epoch = firstEpoch; epoch <= training.epochs; epoch++) {
      if (signal?.aborted) break
      const total = { loss: 0, edges: 0 }
      let running: Promise<void> | undefined
      const run = async (seed: Random): Promise<void> => {
        const results = await pool.run(setups.map(() => ({ seed: (BigInt(seed.uint32()) << 32n) + BigInt(seed.uint32()) })))
        for (const { loss, edges: done } of results) {
          total.loss += loss
          total.edges += done
        }
        onProgress?.({ done: (epoch - firstEpoch) * edges.edges + total.edges, total: (training.epochs - firstEpoch + 1) * edges.edges, seconds: seconds() })
      }
      let turn = 0
      for (const bucket of edges.buckets) {
        await running
        if (signal?.aborted) break
        memory.takeBucket(bucket)
        for (const piece of edgePieces(bucket, PIECE_EDGES)) {
          const buffer = buffers[turn++ % 2]!
          const random = new Random(training.seed, 'large-graph', epoch, turn)
          const views = { edges: arena.uint32(buffer.edges, 2 * most), chunks: arena.int32(buffer.chunks, CHUNK_NUMBERS * chunkRoom) }
          const count = makeChunks(piece, edges.shape.relations.length, training.batch, random, views)
          await running
          if (signal?.aborted) break
          setInteger(arena, settings, 'edges', buffer.edges)
          setInteger(arena, settings, 'chunks', buffer.chunks)
          setInteger(arena, settings, 'chunkCount', count)
          Atomics.store(arena.int32(next, 1), 0, 0)
          running = run(random.fork('threads'))
        }
      }
      await running
      const loss = total.loss / (2 * total.edges)
      if (total.edges > 0 && !Number.isFinite(loss)) {
        throw new EmbeddingError(`The training diverged: the mean loss of epoch ${epoch} is ${loss}; take a learning rate below ${training.learningRate}.`)
      }
      memory.save()
      if (signal?.aborted) break
      options.finish(epoch)
      const finished = { epoch, loss, edges: total.edges, seconds: seconds() }
      epochs.push(finished)
      await onEpoch?.(finished)
    }
    return epochs
  } finally {
    signal?.removeEventListener('abort', stop)
    await pool.end()
  }
}
