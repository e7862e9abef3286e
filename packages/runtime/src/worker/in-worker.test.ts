import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as serviceModule from '../testing/service.js'
import { inWorker, type WorkerHandle } from './in-worker.js'

type Service = typeof serviceModule

const service = new URL('../testing/service.js', import.meta.url)

class ServiceError extends Error {
  override readonly name = 'ServiceError'
}

let worker: WorkerHandle<Service>

beforeAll(async () => {
  worker = await inWorker<Service>(service, { errors: [ServiceError] })
})

afterAll(() => worker.terminate())

/** Resolves when a process no longer exists. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('inWorker', () => {
  it('calls functions with typed arrays, maps and objects, several at once', async () => {
    const values = Float32Array.of(1, -2, 3)
    const [first, second] = await Promise.all([
      worker.remote.scale({ values, factor: 2 }),
      worker.remote.scale({ values: values.subarray(1), factor: -1 }),
    ])
    expect(first).toEqual(new Map([['scaled', Float32Array.of(2, -4, 6)]]))
    expect(second).toEqual(new Map([['scaled', Float32Array.of(2, -3)]]))
    expect(Object.keys(worker.remote)).not.toContain('size')
  })

  it('leaves this thread free while a product is computed', async () => {
    await worker.remote.product(1)
    const done = { is: false }
    const result = worker.remote.product(60).finally(() => (done.is = true))
    let [turns, longest] = [0, 0]
    for (let last = performance.now(); !done.is; turns++) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
    }
    // Rows of 1/1024 are a fixed point of the product: 1024² elements of 1/1024.
    expect(await result).toBeCloseTo(1024, 1)
    expect(turns).toBeGreaterThan(20)
    expect(longest).toBeLessThan(500)
  })

  it('streams: items come as they are asked for, in order; leaving early ends the generator', async () => {
    const before = await worker.remote.endedStreams()
    const items: number[] = []
    for await (const item of worker.remote.count(1e9)) {
      items.push(item)
      if (item === 3) break
    }
    expect(items).toEqual([0, 1, 2, 3])
    expect(await worker.remote.endedStreams()).toBe(before + 1)
    const stream = worker.remote.count(2)
    expect(await Promise.all([stream.next(), stream.next()])).toEqual([{ done: false, value: 0 }, { done: false, value: 1 }])
    await expect(stream.next()).rejects.toThrow(RangeError)
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    const unused = worker.remote.count(1)
    expect(await unused.return?.()).toEqual({ done: true, value: undefined })
  })

  it('carries errors with class, message and cause', async () => {
    const error = await worker.remote.fail('service').then(undefined, (error: unknown) => error)
    expect(error).toBeInstanceOf(ServiceError)
    expect(error).toMatchObject({ name: 'ServiceError', message: 'not like this', cause: { message: 'deeper' } })
    expect((error as Error).stack).toContain('testing/service')
    await expect(worker.remote.fail('type')).rejects.toThrow(TypeError)
    await expect(worker.remote.fail('text')).rejects.toThrow('only text')
  })

  it('says when arguments or results cannot be copied, and goes on', async () => {
    await expect(worker.remote.scale((() => 0) as never)).rejects.toThrow('could not be cloned')
    await expect(worker.remote.giveFunction()).rejects.toThrow('could not be cloned')
    await expect(worker.remote.count((() => 0) as never).next()).rejects.toThrow('could not be cloned')
    expect(await worker.remote.scale({ values: Float32Array.of(1), factor: 3 })).toEqual(new Map([['scaled', Float32Array.of(3)]]))
  })

  it('ends in the middle of a product, and what was asked fails', async () => {
    const other = await inWorker<Service>(service)
    const running = other.remote.product(100_000)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const failures = Promise.allSettled([running, other.remote.endedStreams()])
    const started = performance.now()
    await other.terminate()
    // The product would take minutes.
    expect(performance.now() - started).toBeLessThan(5000)
    for (const outcome of await failures) expect(outcome).toMatchObject({ reason: { message: expect.stringContaining('was terminated') } })
    await expect(other.remote.endedStreams()).rejects.toThrow('was terminated')
    await other.terminate()
  })

  it('survives a crash of the worker', async () => {
    const other = await inWorker<Service>(service)
    await expect(other.remote.crash()).rejects.toThrow('The worker ended (SIGABRT) before it had answered')
    await expect(other.remote.endedStreams()).rejects.toThrow('SIGABRT')
  })

  it('says why a module cannot be loaded, or that there is none', async () => {
    const broken = inWorker(new URL('../testing/broken-service.js', import.meta.url))
    await expect(broken).rejects.toThrow(new RangeError('no weights at all'))
    await expect(inWorker(new URL('./nowhere.js', import.meta.url))).rejects.toThrow(/There is no module .*nowhere.js to run in a worker/)
  })

  it('ends with the process that started it, and does not keep that alive', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'worker-'))
    const api = JSON.stringify(pathToFileURL(join(import.meta.dirname, 'in-worker.ts')).href)
    writeFileSync(join(folder, 'service.mjs'), 'export const pid = () => process.pid\nexport const hang = () => { for (;;); }\n')
    const script = (last: string): string =>
      `import { inWorker } from ${api}
       const { remote } = await inWorker(new URL('./service.mjs', import.meta.url))
       console.log(await remote.pid())
       ${last}`
    for (const [last, wanted] of [
      ['', 0],
      ['remote.hang(); setTimeout(() => process.exit(7), 100)', 7],
      ["remote.hang(); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 100)", null],
    ] as const) {
      const file = join(folder, `main-${wanted}.mjs`)
      writeFileSync(file, script(last))
      const flags = ['--conditions=@parlance/source', '--import', import.meta.resolve('tsx')]
      const child = spawn(process.execPath, [...flags, file], { stdio: ['ignore', 'pipe', 'inherit'] })
      let output = ''
      child.stdout.on('data', (text: Buffer) => (output += text.toString()))
      const code = await new Promise((resolve) => child.on('close', resolve))
      expect(code).toBe(wanted)
      await gone(Number(output))
    }
    rmSync(folder, { recursive: true })
  })
})
