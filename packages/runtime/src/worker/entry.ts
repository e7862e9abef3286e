import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** How to start a module in a process of its own. */
interface Entry {
  path: string
  /** Flags for Node; undefined: the same as this process's. */
  execArgv: string[] | undefined
}

/**
 * Where a module lies: built, as its URL says, or, in a checkout that has not been built, in TypeScript beside it,
 * which the new process then needs a loader for.
 */
export function entryOf(module: URL): Entry {
  const path = fileURLToPath(module)
  if (existsSync(path) && !path.endsWith('.ts')) return { path, execArgv: undefined }
  const source = path.replace(/\.js$/, '.ts')
  if (!existsSync(source)) throw new Error(`There is no module ${path} to run in a worker.`)
  if (process.execArgv.some((flag) => /(^|[\\/])tsx([\\/]dist[\\/]|$)/.test(flag))) return { path: source, execArgv: undefined }
  return { path: source, execArgv: ['--conditions=@parlance/source', '--import', import.meta.resolve('tsx')] }
}
