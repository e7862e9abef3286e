import type { Worker } from 'node:worker_threads'
import { startWorker } from './start-worker.js'

interface Waiting<Result> {
  resolve: (result: Result) => void
  reject: (error: Error) => void
}

/** One thread: answers each task with one message. */
class Thread<Task, Result> {
  private readonly worker: Worker
  private waiting: Waiting<Result> | undefined
  private failure: Error | undefined

  constructor(module: URL, setup: unknown) {
    this.worker = startWorker(module, setup)
    this.worker.on('message', (result: Result) => this.settle()?.resolve(result))
    this.worker.on('error', (error: Error) => this.fail(error))
    this.worker.on('exit', (code) => this.fail(new Error(`A thread ended (exit code ${code}) before it had answered.`)))
  }

  run(task: Task): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.failure) {
        reject(this.failure)
        return
      }
      this.waiting = { resolve, reject }
      this.worker.postMessage(task)
    })
  }

  async end(): Promise<void> {
    await this.worker.terminate()
  }

  private settle(): Waiting<Result> | undefined {
    const { waiting } = this
    this.waiting = undefined
    return waiting
  }

  private fail(error: Error): void {
    this.failure ??= error
    this.settle()?.reject(this.failure)
  }
}

/** Threads that run the same module, each with its own setup, and answer tasks side by side. */
export class ThreadPool<Task, Result> {
  private readonly threads: Thread<Task, Result>[]

  /** @param module listens to messages and answers each with one; in an unbuilt checkout the TypeScript file is run. */
  constructor(module: URL, setups: readonly unknown[]) {
    this.threads = setups.map((setup) => new Thread<Task, Result>(module, setup))
  }

  /** Gives each thread its task; throws what a thread throws. */
  async run(tasks: readonly Task[]): Promise<Result[]> {
    return Promise.all(this.threads.map((thread, i) => thread.run(tasks[i]!)))
  }

  async end(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.end()))
  }
}
