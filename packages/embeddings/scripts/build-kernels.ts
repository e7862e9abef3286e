/** Compiles the kernels into dist/kernels: part of the package's build. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kernelVariants } from '../src/kernels/variants.js'
import { compileKernel } from './compile-kernel.js'

const target = join(import.meta.dirname, '../dist/kernels')
mkdirSync(target, { recursive: true })
for (const name of ['word2vec', 'starspace', 'graph']) {
  for (const variant of kernelVariants) writeFileSync(join(target, `${name}-${variant}.wasm`), await compileKernel(name, variant))
}
