/** A training thread: goes through chunks of edges until none is left. */
import { parentPort, workerData } from 'node:worker_threads'
import { instantiate } from './kernel.js'
import type { ChunksResult, ChunksTask, WorkerSetup } from './worker-protocol.js'

const { module, memory, settings, scratch } = workerData as WorkerSetup
const kernel = instantiate(module, memory)

function train({ seed }: ChunksTask): ChunksResult {
  kernel.start(settings, scratch, seed)
  kernel.train()
  return { loss: kernel.lossOfThread(), edges: kernel.edgesOfThread() }
}

parentPort?.on('message', (task: ChunksTask) => parentPort?.postMessage(train(task)))
