import { setImmediate } from 'node:timers/promises'
import { inWorker, type WorkerHandle, type WorkerOptions } from './in-worker.js'

/** What the module of a pool's workers exports. */
export interface PoolService<Setup, Message, Result> {
  /** Called once, before any `run`. */
  open(setup: Setup): Promise<void>
  run(message: Message): Promise<Result>
}

export interface PoolRun<Task, Message, Result> {
  /** Does a task in this process. */
  readonly here: (task: Task) => Promise<Result>
  /** What a worker is told of a task. */
  readonly message: (task: Task) => Message
  /** How many of the workers to start, at most. */
  readonly workers: number
}

/** Tasks that a worker has at a time, so that it need not wait while this process computes; it does one after the other. */
const AHEAD = 2

/**
 * Processes that share tasks with this one, each started when there is first enough to do. For computations of which
 * each keeps one core busy: side by side they take the cores whole, where threads within small operators mostly wait
 * for each other.
 */
export class WorkerPool<Setup, Message, Result> {
  private readonly started: Promise<WorkerHandle<PoolService<Setup, Message, Result>>>[] = []
  private readonly disposal = new AbortController()

  /** @param module of which each worker calls `open(setup)`; see `PoolService` */
  constructor(
    private readonly module: URL,
    private readonly setup: Setup,
    private readonly options: Pick<WorkerOptions, 'errors'> = {},
  ) {}

  /**
   * Does all tasks, handed out in their order to whoever is free.
   *
   * @returns the results in the order of the tasks
   * @throws what the first task that fails throws, or what keeps a worker from starting; tasks under way are left to end
   */
  run<Task>(tasks: readonly Task[], { here, message, workers }: PoolRun<Task, Message, Result>): Promise<Result[]> {
    return new Promise((resolve, reject) => {
      const results = new Array<Result>(tasks.length)
      let next = 0
      let missing = tasks.length
      const work = async (run: (task: Task) => Promise<Result>): Promise<void> => {
        while (next < tasks.length) {
          const i = next++
          results[i] = await run(tasks[i] as Task)
          if (--missing === 0) resolve(results)
          // Answers of the workers get their turn.
          await setImmediate()
        }
      }
      const fail = (error: unknown): void => {
        next = tasks.length
        reject(error)
      }
      if (missing === 0) resolve(results)
      for (const starting of this.start(workers)) {
        const give = ({ remote }: WorkerHandle<PoolService<Setup, Message, Result>>) =>
          Promise.all(Array.from({ length: AHEAD }, () => work((task) => remote.run(message(task)) as Promise<Result>)))
        starting.then(give).catch(fail)
      }
      work(here).catch(fail)
    })
  }

  /** Ends the workers at once. */
  dispose(): void {
    this.disposal.abort()
  }

  private start(count: number) {
    while (this.started.length < count) this.started.push(this.startOne())
    return this.started.slice(0, count)
  }

  private async startOne(): Promise<WorkerHandle<PoolService<Setup, Message, Result>>> {
    const options = { ...this.options, signal: this.disposal.signal }
    const worker = await inWorker<PoolService<Setup, Message, Result>>(this.module, options)
    await worker.remote.open(this.setup)
    return worker
  }
}
