import { closeSync, openSync, readSync } from 'node:fs'
import { readArpa } from './arpa-read.js'
import { loadNgram, type NgramFile } from './binary.js'

/**
 * Reads an n-gram model from either kind of file: what `saveNgram` wrote, or ARPA.
 *
 * @throws NgramError when it is neither, or damaged
 */
export function openNgram(file: string): NgramFile {
  const descriptor = openSync(file, 'r')
  const beginning = Buffer.alloc(5)
  try {
    readSync(descriptor, beginning, 0, beginning.length, 0)
  } finally {
    closeSync(descriptor)
  }
  // ARPA files are text, which may begin with anything.
  return beginning.toString('latin1') === 'NGRAM' || beginning.includes(0) ? loadNgram(file) : readArpa(file)
}
