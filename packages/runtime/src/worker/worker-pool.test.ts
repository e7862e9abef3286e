import { afterEach, describe, expect, it } from 'vitest'
import { WorkerPool } from './worker-pool.js'

const service = new URL('../testing/pool-service.js', import.meta.url)

type Product = { product: number; pid: number }
type Pool = WorkerPool<{ factor: number }, number, Product>

const pools: Pool[] = []

function pool(factor: number): Pool {
  const made = new WorkerPool<{ factor: number }, number, Product>(service, { factor })
  pools.push(made)
  return made
}

afterEach(() => {
  for (const made of pools.splice(0)) made.dispose()
})

/** Does a task of `{ value }` here, in a time that lets workers have most of them. */
const here = async ({ value }: { value: number }): Promise<Product> => {
  await new Promise((resolve) => setTimeout(resolve, 100))
  return { product: value * 3, pid: process.pid }
}
const message = ({ value }: { value: number }): number => value
const tasks = (count: number): { value: number }[] => Array.from({ length: count }, (_, value) => ({ value }))

describe('WorkerPool', () => {
  it('divides tasks among processes and gives results in their order', async () => {
    const three = pool(3)
    const results = await three.run(tasks(60), { here, message, workers: 2 })
    expect(results.map(({ product }) => product)).toEqual(tasks(60).map(({ value }) => 3 * value))
    const again = await three.run(tasks(60), { here, message, workers: 2 })
    const pids = new Set(again.map(({ pid }) => pid))
    expect(pids.size).toBe(3)
    expect(pids.has(process.pid)).toBe(true)
    expect(await three.run([], { here, message, workers: 2 })).toEqual([])
  })

  it('does not wait for workers that start when all is done', async () => {
    const three = pool(3)
    const quick = async ({ value }: { value: number }): Promise<Product> => ({ product: value, pid: process.pid })
    const results = await three.run(tasks(5), { here: quick, message, workers: 1 })
    expect(new Set(results.map(({ pid }) => pid))).toEqual(new Set([process.pid]))
  })

  it('fails with the error of a task, here or in a worker, and goes on with other calls', async () => {
    const three = pool(3)
    const slow = async (task: { value: number }): Promise<Product> => {
      if (task.value === 0) await new Promise((resolve) => setTimeout(resolve, 3000))
      return here(task)
    }
    await expect(three.run([{ value: 0 }, { value: -1 }], { here: slow, message, workers: 1 })).rejects.toThrow(new RangeError('-1 is negative'))
    const broken = async (): Promise<Product> => Promise.reject(new TypeError('not here'))
    await expect(three.run(tasks(3), { here: broken, message, workers: 1 })).rejects.toThrow(new TypeError('not here'))
    expect((await three.run(tasks(20), { here, message, workers: 1 })).at(-1)?.product).toBe(57)
  })

  it('fails with what keeps a worker from starting', async () => {
    await expect(pool(0).run(tasks(1000), { here, message, workers: 1 })).rejects.toThrow(new RangeError('no factor'))
  })

  it('ends workers at once, also while they start', async () => {
    const three = pool(3)
    const running = three.run(tasks(1000), { here, message, workers: 1 })
    three.dispose()
    await expect(running).rejects.toThrow('was terminated')
  })
})
