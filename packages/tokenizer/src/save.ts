import { rename, rm, writeFile } from 'node:fs/promises'
import type { Tokenizer } from './tokenizer.js'

/** Writes tokenizer.json, under a temporary name first: what is at `path` is always a whole file. */
export async function saveTokenizer(tokenizer: Tokenizer, path: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    await writeFile(temporary, `${JSON.stringify(tokenizer.toJSON(), null, 2)}\n`)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
