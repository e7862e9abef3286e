import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..')

/** The TypeScript examples of a README, in their order. */
export function examplesOf(readme: string): string[] {
  return [...readFileSync(join(root, readme), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code as string)
}

let count = 0

/**
 * Runs an example in a fresh process whose working folder is `folder`; packages resolve to their source. Gives what it
 * prints.
 *
 * @throws Error with its error output when it fails
 */
export function runExample(code: string, folder: string): string {
  const scripts = join(import.meta.dirname, '.cache') // in the tree, where packages are found
  mkdirSync(scripts, { recursive: true })
  const script = join(scripts, `example-${process.pid}-${count++}.ts`)
  writeFileSync(script, code)
  try {
    const flags = ['--conditions=@parlance/source', '--import', import.meta.resolve('tsx'), script]
    const { status, stdout, stderr } = spawnSync('node', flags, { cwd: folder, encoding: 'utf8' })
    if (status !== 0) throw new Error(`The example failed:\n${code}\n${stderr}`)
    return stdout
  } finally {
    rmSync(script)
  }
}
