import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { main as compile } from 'assemblyscript/asc'
import type { KernelVariant } from '../src/kernels/variants.js'

const assemblyFolder = join(import.meta.dirname, '../assembly')

/** Pages of 64 KiB: all that 32-bit addresses reach. */
const MAXIMUM_PAGES = 65_536

/** The WebAssembly module of `assembly/<name>.ts`. It imports a shared memory, `env.memory`. */
export async function compileKernel(name: string, variant: KernelVariant): Promise<Uint8Array> {
  let wasm: Uint8Array | undefined
  const flags = [
    '--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert', '--runtime', 'stub', '--use', 'abort=',
    '--enable', 'simd', '--enable', 'threads', ...(variant === 'relaxed-simd' ? ['--enable', 'relaxed-simd'] : []),
    '--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', String(MAXIMUM_PAGES), '--zeroFilledMemory',
  ]
  const { error, stderr } = await compile([`${name}.ts`, '--outFile', 'kernel.wasm', ...flags], {
    readFile: (file, folder) => {
      try {
        return readFileSync(join(assemblyFolder, folder, file), 'utf8')
      } catch {
        return null
      }
    },
    writeFile: (_, contents) => {
      wasm = contents as Uint8Array
    },
  })
  if (error || !wasm) throw new Error(`The kernel ${name} does not compile: ${stderr.toString() || String(error)}`, { cause: error })
  return wasm
}
