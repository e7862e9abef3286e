import { kernelBytes } from '#kernel-file'
import { EmbeddingError } from '../errors.js'
import { kernelVariants } from './variants.js'

/**
 * The best build of a kernel that this engine takes, to be instantiated on each thread.
 *
 * @throws EmbeddingError where WebAssembly has no SIMD or no threads.
 */
export async function loadKernel(name: string): Promise<WebAssembly.Module> {
  for (const variant of kernelVariants) {
    const bytes = Uint8Array.from(await kernelBytes(name, variant))
    if (WebAssembly.validate(bytes)) return WebAssembly.compile(bytes)
  }
  throw new EmbeddingError(`This Node (${process.version}) cannot run WebAssembly with SIMD and threads: take Node 20.19 or later.`)
}
