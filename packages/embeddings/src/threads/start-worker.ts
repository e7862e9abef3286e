import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'

/**
 * Starts a module as a thread: built, as its URL says, or in an unbuilt checkout the TypeScript beside it, which needs a
 * loader first.
 */
export function startWorker(module: URL, workerData: unknown): Worker {
  const path = fileURLToPath(module)
  if (existsSync(path) && !path.endsWith('.ts')) return new Worker(path, { workerData })
  const source = pathToFileURL(path.replace(/\.js$/, '.ts')).href
  const start = `import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))}).then(({ register }) => { register(); return import(${JSON.stringify(source)}) })`
  return new Worker(start, { eval: true, workerData, execArgv: ['--conditions=@parlance/source'] })
}
