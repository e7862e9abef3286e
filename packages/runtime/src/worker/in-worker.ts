import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { entryOf } from './entry.js'
import { type ErrorClass, type Request, type Response, revive } from './protocol.js'

/**
 * The functions of a module as they are called from outside: each gives a promise, and one that is a generator gives
 * its items one by one, computed when they are asked for.
 */
export type Remote<Module> = {
  [Name in keyof Module as Module[Name] extends (...args: never[]) => unknown ? Name : never]: Module[Name] extends (
    ...args: infer Arguments
  ) => infer Result
    ? (...args: Arguments) => RemoteResult<Result>
    : never
}

type RemoteResult<Result> = [Result] extends [never]
  ? Promise<never>
  : [Result] extends [AsyncGenerator<infer Item> | Generator<infer Item>]
    ? AsyncIterableIterator<Item>
    : Promise<Awaited<Result>>

export interface WorkerOptions {
  /** Classes of errors that the module throws, so that `instanceof` holds here too: `[UsageError]`. */
  errors?: readonly ErrorClass[]
  /** Ends the process when it is aborted, also while the module is being loaded. */
  signal?: AbortSignal
}

/** A module that runs in a process of its own. */
export interface WorkerHandle<Module> {
  readonly remote: Remote<Module>
  /** Ends the process at once, whatever it is computing; calls that have not been answered fail. */
  terminate(): Promise<void>
}

interface Waiting {
  resolve: (response: Response) => void
  reject: (error: Error) => void
}

/**
 * Runs a module in a process of its own, so that this thread stays free while it computes: for servers, live partial
 * results, and Ctrl-C. It is a process rather than a thread because ONNX Runtime cannot be stopped within one, and a
 * crash must not take the caller along.
 *
 *     import type * as service from './service.js'
 *
 *     const { remote, terminate } = await inWorker<typeof service>(new URL('./service.js', import.meta.url))
 *     await remote.train(options) // an exported function
 *     for await (const text of remote.transcribe(samples)) … // an exported generator function
 *
 * Arguments and results are copied as `structuredClone` does: numbers, strings, typed arrays, maps, plain objects; no
 * tensors, functions or class instances. Errors keep their names, messages, stacks and causes. An idle worker does not
 * keep this process alive.
 *
 * @param module the module's URL; in an unbuilt checkout the TypeScript file beside it is run.
 * @throws what the module throws when it is loaded; a call fails when the worker ends before it has answered.
 */
export async function inWorker<Module>(module: URL, { errors = [], signal }: WorkerOptions = {}): Promise<WorkerHandle<Module>> {
  const main = entryOf(new URL('./main.js', import.meta.url))
  const { path, execArgv = main.execArgv } = entryOf(module)
  const child = fork(main.path, [path], { serialization: 'advanced', ...(execArgv ? { execArgv } : {}) })
  const connection = new Connection(child, errors)
  signal?.addEventListener('abort', () => void connection.terminate(), { once: true })
  if (signal?.aborted) void connection.terminate()
  const ready = await connection.started
  const remote: Record<string, unknown> = {}
  if (ready.kind === 'ready') {
    for (const [name, stream] of ready.functions) {
      remote[name] = stream
        ? (...args: unknown[]) => connection.stream(name, args)
        : (...args: unknown[]) => connection.call(name, args)
    }
  }
  return { remote: remote as Remote<Module>, terminate: () => connection.terminate() }
}

class Connection {
  readonly started: Promise<Response>
  private readonly waiting = new Map<number, Waiting>()
  private count = 0
  private ended: Error | undefined
  private readonly kill = (): void => void this.child.kill('SIGKILL')

  constructor(
    private readonly child: ChildProcess,
    private readonly errors: readonly ErrorClass[],
  ) {
    // The module's loading is the call of number 0.
    this.started = this.expect(0)
    child.on('message', (response: Response) => this.receive(response))
    child.on('error', (error) => this.end(error))
    child.on('exit', () => this.closed())
    child.on('disconnect', () => this.closed())
    // One listener more for each worker, which is not the leak that Node would warn of.
    process.setMaxListeners(process.getMaxListeners() + 1)
    process.on('exit', this.kill)
  }

  async call(name: string, args: unknown[]): Promise<unknown> {
    const id = ++this.count
    const response = await this.ask({ kind: 'call', id, name, args })
    return response.kind === 'value' ? response.value : undefined
  }

  stream(name: string, args: unknown[]): AsyncIterableIterator<unknown> {
    const id = ++this.count
    let started = false
    let finished = false
    const ask = async (kind: 'next' | 'return'): Promise<IteratorResult<unknown>> => {
      if (finished || (kind === 'return' && !started)) {
        finished = true
        return { done: true, value: undefined }
      }
      if (!started) this.send({ kind: 'call', id, name, args })
      started = true
      finished = true
      const response = await this.ask({ kind, id })
      finished = response.kind !== 'item'
      return response.kind === 'item' ? { done: false, value: response.value } : { done: true, value: undefined }
    }
    let last: Promise<unknown> = Promise.resolve()
    const inTurn = (kind: 'next' | 'return'): Promise<IteratorResult<unknown>> => {
      const answer = last.then(() => ask(kind))
      last = answer.catch(() => undefined)
      return answer
    }
    return {
      next: () => inTurn('next'),
      return: () => inTurn('return'),
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  async terminate(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    this.end(new Error('The worker was terminated before it had answered.'))
    this.child.ref()
    this.kill()
    await once(this.child, 'exit')
  }

  private ask(request: Request): Promise<Response> {
    const answer = this.expect(request.id)
    try {
      this.send(request)
    } catch (error) {
      this.settle(request.id)?.reject(error as Error)
    }
    return answer
  }

  private send(request: Request): void {
    if (this.ended) throw this.ended
    this.child.send(request)
  }

  private expect(id: number): Promise<Response> {
    this.child.ref()
    this.child.channel?.ref()
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }))
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id)
    this.waiting.delete(id)
    if (this.waiting.size === 0) {
      this.child.unref()
      this.child.channel?.unref()
    }
    return waiting
  }

  private receive(response: Response): void {
    const waiting = this.settle('id' in response ? response.id : 0)
    if (response.kind === 'error' || response.kind === 'failed') waiting?.reject(revive(response.error, this.errors))
    else waiting?.resolve(response)
  }

  /** Its last answers may arrive after the process has ended, and the other way round. */
  private closed(): void {
    const { connected, exitCode, signalCode } = this.child
    if (connected || (exitCode === null && signalCode === null)) return
    this.end(new Error(`The worker ended (${signalCode ?? `exit code ${exitCode}`}) before it had answered.`))
  }

  private end(error: Error): void {
    if (this.ended === undefined) {
      this.ended = error
      process.off('exit', this.kill)
      process.setMaxListeners(process.getMaxListeners() - 1)
    }
    for (const id of this.waiting.keys()) this.settle(id)?.reject(this.ended as Error)
  }
}
