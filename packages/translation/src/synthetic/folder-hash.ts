import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** sha256 of a model folder's weights: says which model made something. */
export function folderHash(folder: string): string {
  return createHash('sha256').update(readFileSync(join(folder, 'model.safetensors'))).digest('hex')
}
