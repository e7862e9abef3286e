/** A training thread: runs the kernel over its part of the examples when it is told to. */
import { parentPort, workerData } from 'node:worker_threads'
import type { EpochResult, EpochTask } from '../threads/run-epochs.js'
import { instantiateStarSpace } from './kernel.js'

export interface StarSpaceWorkerSetup {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly settings: number
  readonly scratch: number
}

const { module, memory, settings, scratch } = workerData as StarSpaceWorkerSetup
const kernel = instantiateStarSpace(module, memory)

parentPort?.on('message', ({ from, to, seed }: EpochTask) => {
  kernel.start(settings, scratch, seed)
  kernel.train(from, to)
  kernel.finish()
  const result: EpochResult = { loss: kernel.lossOfThread(), examples: kernel.examplesOfThread() }
  parentPort?.postMessage(result)
})
