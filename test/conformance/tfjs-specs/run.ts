/** Bundles TF.js-core's specs with the runtime and runs them in a process of their own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { DeviceName } from '@parlance/runtime'
import { build } from 'esbuild'

/** What became of one spec. */
export interface SpecResult {
  /** The names of its suites and its own, joined by spaces, as jasmine gives them. */
  name: string
  status: 'passed' | 'failed' | 'pending'
  /** The host kernels that were called while it ran, and the operators that the device left to the CPU. */
  host: string[]
  milliseconds: number
  /** The first expectation that did not hold, or the error. */
  failure?: string
}

const here = dirname(fileURLToPath(import.meta.url))
const testFolder = join(here, '../..')

async function bundle(outfile: string): Promise<void> {
  const runtime = pathToFileURL(join(testFolder, '../packages/runtime/src/index.ts')).href
  await build({
    entryPoints: [join(here, 'program.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // tfjs-core's ES modules: the specs import them by path, and its CommonJS bundle would be a second copy.
    mainFields: ['module', 'main'],
    conditions: ['@parlance/source'],
    // tfjs-core says of the files that register kernels, gradients and specs that they have no side effects.
    ignoreAnnotations: true,
    external: ['jasmine-core'],
    // The native binding is found from the runtime's own folder.
    define: { 'import.meta.url': JSON.stringify(runtime) },
    banner: { js: `import { createRequire as $require } from 'node:module'; const require = $require(${JSON.stringify(outfile)});` },
    logLevel: 'error',
  })
}

/** Runs every spec on a device, one thread per operator. Takes ten seconds on a CPU. */
export async function runSpecs(device: DeviceName): Promise<SpecResult[]> {
  // A folder of this run alone, from which jasmine-core can be found.
  const cache = join(testFolder, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'tfjs-specs-'))
  try {
    return await runIn(folder, device)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function runIn(folder: string, device: DeviceName): Promise<SpecResult[]> {
  const [program, resultsFile] = [join(folder, 'program.mjs'), join(folder, 'results.jsonl')]
  await bundle(program)
  writeFileSync(resultsFile, '')
  // Specs print warnings by the hundred.
  const child = spawn(process.execPath, [program, device, resultsFile], { stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-2000)))
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null]
  const lines = readFileSync(resultsFile, 'utf8').split('\n').slice(0, -1)
  const results = lines.map((line) => JSON.parse(line) as SpecResult)
  if (status !== 0) {
    throw new Error(`The specs ended with ${signal ?? `status ${status}`} after '${results.at(-1)?.name}': ${errors}`)
  }
  return results
}
