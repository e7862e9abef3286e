import { availableParallelism } from 'node:os'
import { UsageError } from '@parlance/nn/command-line'
import type { GraphDevice } from '@parlance/runtime/session'

export interface LoadOptions {
  /**
   * Threads within one operator on the CPU. By default one for models of a width below 512, whose operators are too small
   * to be shared, and all cores for others.
   */
  threads?: number
  /**
   * Processes, this one included, that translate batches side by side on the CPU; default 1, `auto` as many as there are
   * cores for their threads. Those beside this one are started when a call brings enough lines, one for each 128, and
   * hold a model each. They change no translation.
   */
  workers?: number | 'auto'
  /**
   * What computes; `cpu` by default. `auto` takes the first of cuda, webgpu (never a software adapter) and cpu that is
   * there. That batch mates change no bit of a translation holds on the CPU.
   */
  device?: GraphDevice | 'auto'
}

/** Lines for which it pays to start a worker, which takes about half a second. */
export const LINES_OF_A_WORKER = 128

/** See docs/decisions/0011. */
const WIDE = 512

/** Threads within one operator for a model of this width. */
export function defaultThreads(width: number): number {
  return width < WIDE ? 1 : availableParallelism()
}

/** @throws UsageError for a number of workers that is none */
export function workersOf(workers: LoadOptions['workers'], threads: number): number {
  if (workers === 'auto') return Math.max(1, Math.floor(availableParallelism() / threads))
  if (workers !== undefined && !(Number.isSafeInteger(workers) && workers >= 1)) {
    throw new UsageError(`workers must be "auto" or a whole number of 1 or more, got ${workers}.`)
  }
  return workers ?? 1
}
