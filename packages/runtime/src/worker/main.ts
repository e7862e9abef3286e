/** What a worker process runs: it loads the module that its argument names and answers calls of its functions. */
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { carry, type Request, type Response } from './protocol.js'

type Callable = (...args: unknown[]) => unknown

const streams = new Map<number, AsyncIterator<unknown>>()

function isStream(fn: Callable): boolean {
  return ['AsyncGeneratorFunction', 'GeneratorFunction'].includes(fn.constructor.name)
}

function send(response: Response): void {
  process.send?.(response)
}

/** Answers a call; what cannot be sent is an error of that call. */
async function answer(id: number, respond: () => Promise<Response | undefined>): Promise<void> {
  try {
    const response = await respond()
    if (response) send(response)
  } catch (error) {
    streams.delete(id)
    send({ kind: 'error', id, error: carry(error) })
  }
}

async function handle(request: Request, functions: ReadonlyMap<string, Callable>): Promise<Response | undefined> {
  const { id } = request
  if (request.kind === 'call') {
    const fn = functions.get(request.name) as Callable
    const result = fn(...request.args)
    if (!isStream(fn)) return { kind: 'value', id, value: await result }
    streams.set(id, result as AsyncIterator<unknown>)
    return undefined
  }
  const stream = streams.get(id)
  if (!stream) return { kind: 'done', id }
  const { done, value } = request.kind === 'next' ? await stream.next() : ((await stream.return?.()) ?? { done: true, value: undefined })
  if (!done) return { kind: 'item', id, value }
  streams.delete(id)
  return { kind: 'done', id }
}

// The parent decides when this process ends: Ctrl-C in a terminal reaches both.
process.on('SIGINT', () => undefined)
process.on('disconnect', () => process.exit())
// A parent that was killed cannot decide, and this thread may be computing: another one looks for it. It is told whom to
// look for, as the parent may be gone by the time that it starts.
const watch = `setInterval(() => { if (process.ppid !== ${process.ppid}) process.kill(process.pid, 'SIGKILL') }, 500)`
new Worker(watch, { eval: true, execArgv: [] }).unref()

try {
  const exports = (await import(pathToFileURL(process.argv[2] as string).href)) as Record<string, unknown>
  const functions = new Map(Object.entries(exports).filter((entry): entry is [string, Callable] => typeof entry[1] === 'function'))
  process.on('message', (request: Request) => void answer(request.id, () => handle(request, functions)))
  send({ kind: 'ready', functions: [...functions].map(([name, fn]) => [name, isStream(fn)]) })
} catch (error) {
  send({ kind: 'failed', error: carry(error) })
  process.disconnect()
}
