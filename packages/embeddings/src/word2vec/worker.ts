/** A training thread: runs the kernel over its part of the corpus when it is told to. */
import { closeSync, openSync, readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { EpochResult, EpochTask } from '../threads/run-epochs.js'
import { instantiate } from './kernel.js'
import type { WorkerSetup } from './worker-protocol.js'

const { module, memory, settings, scratch, buffer, bufferTokens, file } = workerData as WorkerSetup
const kernel = instantiate(module, memory)

function trainPart({ from, to, seed }: EpochTask): EpochResult {
  const bytes = new Uint8Array(memory.buffer, buffer, 4 * bufferTokens)
  const descriptor = openSync(file, 'r')
  try {
    kernel.start(settings, scratch, seed)
    for (let at = from; at < to;) {
      const count = Math.min(bufferTokens, to - at)
      let read = 0
      while (read < 4 * count) {
        const size = readSync(descriptor, bytes, read, 4 * count - read, 4 * at + read)
        if (size === 0) throw new Error(`${file}, the corpus as numbers, was cut short while it was used.`)
        read += size
      }
      const done = kernel.train(buffer, count, at + count === to ? 1 : 0)
      const stopped = Atomics.load(new Int32Array(memory.buffer, (workerData as WorkerSetup).stop, 1), 0) !== 0
      if (stopped) break
      at += done
    }
    kernel.finish()
    return { loss: kernel.lossOfThread(), examples: kernel.examplesOfThread() }
  } finally {
    closeSync(descriptor)
  }
}

parentPort?.on('message', (task: EpochTask) => parentPort?.postMessage(trainPart(task)))
