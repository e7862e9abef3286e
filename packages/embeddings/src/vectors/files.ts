import { closeSync, openSync, readSync } from 'node:fs'
import { EmbeddingError } from '../errors.js'
import { FASTTEXT_MAGIC, readFastTextBinary } from './fasttext-binary.js'
import { readVectorsSafetensors, writeVectorsSafetensors } from './safetensors.js'
import { readWord2VecBinary, writeWord2VecBinary } from './word2vec-binary.js'
import { readWord2VecText, writeWord2VecText } from './word2vec-text.js'
import type { WordVectors } from './word-vectors.js'

/** Files of vectors alone: word2vec's text (fastText's `.vec`) and binary format, safetensors. */
export type VectorFormat = 'text' | 'binary' | 'safetensors'

/** By the name: `.bin` is binary, `.safetensors` is what it says, `.txt`, `.vec` and all others are text. */
export function vectorFormatOf(file: string): VectorFormat {
  if (file.endsWith('.bin')) return 'binary'
  return file.endsWith('.safetensors') ? 'safetensors' : 'text'
}

function beginsAsFastText(file: string): boolean {
  const first = Buffer.alloc(4)
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return false // reading it will say why
  }
  try {
    return readSync(descriptor, first) === 4 && first.readInt32LE() === FASTTEXT_MAGIC
  } catch {
    return false
  } finally {
    closeSync(descriptor)
  }
}

/** Whether a file is a fastText model, by its name and first bytes. */
export function isFastTextBinary(file: string): boolean {
  return file.endsWith('.bin') && beginsAsFastText(file)
}

/**
 * Reads vectors; of a fastText model (`.bin`) those of its words.
 *
 * @param format default: by the name
 * @throws EmbeddingError for what is broken, with the line or the word
 */
export async function readVectors(file: string, format: VectorFormat = vectorFormatOf(file)): Promise<WordVectors> {
  if (format === 'text') return readWord2VecText(file)
  if (format === 'safetensors') return readVectorsSafetensors(file)
  return beginsAsFastText(file) ? readFastTextBinary(file).vectors() : readWord2VecBinary(file)
}

/**
 * Writes vectors, atomically.
 *
 * @param format default: by the name
 * @throws EmbeddingError for words that the format cannot hold; Error when the file cannot be written
 */
export function writeVectors(file: string, vectors: WordVectors, format: VectorFormat = vectorFormatOf(file)): void {
  if (file.endsWith('.gz')) throw new EmbeddingError(`${file}: vectors are not written compressed: leave out ".gz".`)
  if (format === 'text') writeWord2VecText(file, vectors)
  else if (format === 'binary') writeWord2VecBinary(file, vectors)
  else writeVectorsSafetensors(file, vectors)
}
