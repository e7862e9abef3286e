import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readJson, UsageError } from '@parlance/nn/command-line'
import { readSafetensors, writeFileAtomic, writeQuantized, writeSafetensors } from '@parlance/runtime'
import type { Quantization } from '@parlance/runtime/session'
import { checkWeights } from '../check-weights.js'
import { readFolderConfig } from '../folder-config.js'
import { exportTranslator, WEIGHTS } from '../inference-files.js'
import { SHORTLIST_FILE } from '../shortlist/shortlist-file.js'
import type { Shortlist } from '../shortlist/shortlist.js'
import { writeShortlist } from '../shortlist/write-shortlist.js'

/** What weights may become: see `Quantization` of `@parlance/runtime`; or all of them in 16 bits, computing as before. */
export const QUANTIZATIONS = ['int8', 'int8-weights', 'int4', 'float16'] as const satisfies readonly (Quantization | 'float16')[]

export interface QuantizeOptions {
  /** The model folder to read, of float weights. */
  model: string
  /** The folder to write. */
  output: string
  to: (typeof QUANTIZATIONS)[number]
  /** Limits the tokens that a sentence may be translated with. Default the one that the model folder has, or none. */
  shortlist?: Shortlist
}

/**
 * Writes a smaller, and mostly faster, copy of a model folder, without what training left there.
 *
 * @throws Error, one line, for a folder that is no model folder of floats, or files that cannot be written
 * @throws UsageError for an output that is the model itself
 */
export function quantizeTranslator({ model: folder, output, to, shortlist }: QuantizeOptions): void {
  if (resolve(folder) === resolve(output)) throw new UsageError(`--output must be another folder than the model's, got ${output} twice.`)
  const { model, quantization } = readFolderConfig(folder)
  if (quantization) throw new Error(`${folder}: is quantized to ${quantization.scheme} already: give the folder that it was made from.`)
  const weights = join(folder, WEIGHTS)
  checkWeights(weights, model)
  mkdirSync(output, { recursive: true })
  const { tensors } = readSafetensors(weights)
  if (to === 'float16') writeSafetensors(join(output, WEIGHTS), tensors, { format: 'pt' }, { floats: 'F16' })
  else writeQuantized(join(output, WEIGHTS), tensors, to)
  for (const name of ['tokenizer.json', 'README.md']) {
    if (existsSync(join(folder, name))) copyFileSync(join(folder, name), join(output, name))
  }
  const config = { ...(readJson(join(folder, 'config.json')) as object), ...(to !== 'float16' && { quantization: { scheme: to } }) }
  writeFileAtomic(join(output, 'config.json'), `${JSON.stringify(config, null, 2)}\n`)
  if (shortlist) writeShortlist(output, shortlist)
  else if (existsSync(join(folder, SHORTLIST_FILE))) copyFileSync(join(folder, SHORTLIST_FILE), join(output, SHORTLIST_FILE))
  else rmSync(join(output, SHORTLIST_FILE), { force: true })
  exportTranslator(output)
}
