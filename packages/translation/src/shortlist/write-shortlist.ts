import { join } from 'node:path'
import { type SafetensorsTensor, writeSafetensors } from '@parlance/runtime'
import type { Shortlist } from './shortlist.js'
import { SHORTLIST_FILE } from './shortlist-file.js'

/** Writes `shortlist.safetensors`: of each source token how many `translations` it has, these, and all tokens by frequency. */
export function writeShortlist(folder: string, { starts, translations, frequent, vocabSize }: Shortlist): void {
  const counts = Int32Array.from({ length: vocabSize }, (_, token) => (starts[token + 1] as number) - (starts[token] as number))
  const small = (numbers: Int32Array): SafetensorsTensor =>
    vocabSize <= 2 ** 16
      ? { dtype: 'U16', shape: [numbers.length], data: Uint16Array.from(numbers) }
      : { dtype: 'I32', shape: [numbers.length], data: numbers }
  writeSafetensors(join(folder, SHORTLIST_FILE), new Map(Object.entries({ counts, translations, frequent }).map(([name, numbers]) => [name, small(numbers)])))
}
