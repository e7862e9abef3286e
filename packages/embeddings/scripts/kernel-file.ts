import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KernelVariant } from '../src/kernels/variants.js'

/** AssemblyScript sources. */
const assemblyFolder = join(import.meta.dirname, '../assembly')
const cache = join(import.meta.dirname, '../node_modules/.cache/kernels')

/** What stands in for `src/kernels/kernel-file.ts` when sources are run: the kernel, compiled when its source is new. */
export async function kernelBytes(name: string, variant: KernelVariant): Promise<Uint8Array> {
  const hash = createHash('sha256')
  for (const file of readdirSync(assemblyFolder).sort()) hash.update(readFileSync(join(assemblyFolder, file)))
  const file = join(cache, `${name}-${variant}-${hash.digest('hex').slice(0, 16)}.wasm`)
  try {
    return readFileSync(file)
  } catch {
    // The compiler takes long to load, and much memory.
    const { compileKernel } = await import('./compile-kernel.js')
    const bytes = await compileKernel(name, variant)
    mkdirSync(cache, { recursive: true })
    const temporary = `${file}.${process.pid}`
    writeFileSync(temporary, bytes)
    renameSync(temporary, file)
    return bytes
  }
}
