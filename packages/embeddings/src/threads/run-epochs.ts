import { EmbeddingError } from '../errors.js'
import type { SharedArena } from '../memory/shared-arena.js'
import { ThreadPool } from './thread-pool.js'

/** What a thread is to train on in an epoch: tokens or examples `from` to `to`. */
export interface EpochTask {
  readonly from: number
  readonly to: number
  readonly seed: bigint
}

export interface EpochResult {
  /** Sum over the examples. */
  readonly loss: number
  readonly examples: number
}

export interface EpochReport {
  /** From 1. */
  readonly epoch: number
  /** Mean over the epoch's examples. */
  readonly loss: number
  readonly examples: number
  readonly seconds: number
}

/** How far training has come, in all epochs together. */
export interface EpochProgress {
  readonly done: number
  readonly total: number
  readonly seconds: number
}

export interface EpochRun {
  readonly arena: SharedArena
  /** The module that each thread runs, and what each is started with. */
  readonly worker: URL
  readonly setups: readonly unknown[]
  /** Address of what is done (int64), then an int32 that ends the training when it is not 0. */
  readonly progress: number
  /** What is divided among the threads: tokens or examples. */
  readonly size: number
  /** What `progress` counts in an epoch. */
  readonly epochCount: number
  readonly epochs: number
  /** From 1. */
  readonly firstEpoch: number
  readonly seed: number
  readonly learningRate: number
  /** Before each epoch, while the threads are at rest. */
  readonly prepare?: (epoch: number) => void
  readonly onProgress?: ((progress: EpochProgress) => void) | undefined
  readonly onEpoch?: ((epoch: EpochReport) => void | Promise<void>) | undefined
  readonly signal?: AbortSignal | undefined
}

const PROGRESS_MILLISECONDS = 200

/** A seed for each epoch and thread. */
function taskSeed(seed: number, epoch: number, thread: number): bigint {
  return (BigInt(seed) << 32n) + (BigInt(epoch) << 16n) + BigInt(thread)
}

/**
 * Runs threads over their parts, epoch by epoch.
 *
 * @returns a report for each epoch that was finished
 * @throws EmbeddingError when the loss is no number any more
 */
export async function runEpochs(run: EpochRun): Promise<EpochReport[]> {
  const { arena, setups, progress, epochs, epochCount, signal } = run
  const done = new BigInt64Array(arena.memory.buffer, progress, 1)
  Atomics.store(done, 0, BigInt((run.firstEpoch - 1) * epochCount))
  const end = () => void Atomics.store(arena.int32(progress + 8, 1), 0, 1)
  if (signal?.aborted) end()
  signal?.addEventListener('abort', end)
  const pool = new ThreadPool<EpochTask, EpochResult>(run.worker, setups)
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  const report = () => run.onProgress?.({ done: Number(Atomics.load(done, 0)), total: epochs * epochCount, seconds: seconds() })
  const timer = setInterval(report, PROGRESS_MILLISECONDS)
  const reports: EpochReport[] = []
  try {
    for (let epoch = run.firstEpoch; epoch <= epochs; epoch++) {
      if (signal?.aborted) break
      run.prepare?.(epoch)
      const border = (thread: number) => Math.floor((run.size * thread) / setups.length)
      const results = await pool.run(setups.map((_, i) => ({ from: border(i), to: border(i + 1), seed: taskSeed(run.seed, epoch, i) })))
      if (signal?.aborted) break
      const examples = results.reduce((sum, result) => sum + result.examples, 0)
      const loss = results.reduce((sum, result) => sum + result.loss, 0) / examples
      if (examples > 0 && !Number.isFinite(loss)) {
        throw new EmbeddingError(
          `The training diverged: the mean loss of epoch ${epoch} is ${loss}; take a learning rate below ${run.learningRate}.`,
        )
      }
      const finished = { epoch, loss, examples, seconds: seconds() }
      reports.push(finished)
      await run.onEpoch?.(finished)
    }
    report()
    return reports
  } finally {
    clearInterval(timer)
    signal?.removeEventListener('abort', end)
    await pool.end()
  }
}
