import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readSafetensors } from '@parlance/runtime/session'
import { Shortlist } from './shortlist.js'

/** Of a model folder; graphs beside it take shortlists. */
export const SHORTLIST_FILE = 'shortlist.safetensors'

export function hasShortlist(folder: string): boolean {
  return existsSync(join(folder, SHORTLIST_FILE))
}

/** @throws Error, one line, for a file that is missing, damaged, or made for another vocabulary */
export function readShortlist(folder: string, vocabSize: number): Shortlist {
  const file = join(folder, SHORTLIST_FILE)
  const { tensors } = readSafetensors(file)
  const [counts, translations, frequent] = ['counts', 'translations', 'frequent'].map((name) => {
    const tensor = tensors.get(name)
    if (tensor?.dtype !== 'I32' && tensor?.dtype !== 'U16') throw new Error(`${file}: is not a shortlist: '${name}' is missing. Run "parlance-translate quantize" again.`)
    return Int32Array.from(tensor.data)
  }) as [Int32Array, Int32Array, Int32Array]
  const total = counts.reduce((sum, count) => sum + count, 0)
  const valid = (tokens: Int32Array) => tokens.every((token) => token >= 0 && token < vocabSize)
  if (counts.length !== vocabSize || frequent.length !== vocabSize || total !== translations.length || !valid(translations) || !valid(frequent)) {
    throw new Error(`${file}: is a shortlist for another vocabulary, of ${counts.length} tokens; the model's has ${vocabSize}. Put the files of one model together.`)
  }
  const starts = new Int32Array(vocabSize + 1)
  for (let token = 0; token < vocabSize; token++) starts[token + 1] = (starts[token] as number) + (counts[token] as number)
  return new Shortlist(starts, translations, frequent)
}
