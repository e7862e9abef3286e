import { readFile } from 'node:fs/promises'
import type { KernelVariant } from './variants.js'

/** The bytes of a kernel, which the build has put beside this file. */
export async function kernelBytes(name: string, variant: KernelVariant): Promise<Uint8Array> {
  return readFile(new URL(`./${name}-${variant}.wasm`, import.meta.url))
}
