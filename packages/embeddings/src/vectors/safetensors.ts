import { readSafetensors, type SafetensorsTensor, toFloat32, writeSafetensors } from '@parlance/runtime/session'
import { EmbeddingError } from '../errors.js'
import { WordVectors } from './word-vectors.js'

/** Words as a tensor: UTF-8, each followed by a zero byte, as words hold everything but that. */
export function wordsTensor(words: readonly string[]): SafetensorsTensor {
  const data = new Uint8Array(Buffer.from(words.map((word) => `${word}\0`).join('')))
  return { dtype: 'U8', shape: [data.length], data }
}

/** What `wordsTensor` made. */
export function wordsOfTensor(tensor: SafetensorsTensor | undefined, file: string): string[] {
  if (tensor?.dtype !== 'U8') throw new EmbeddingError(`${file}: has no tensor "words" of bytes: it holds no word vectors.`)
  const words = Buffer.from(tensor.data).toString('utf8').split('\0')
  words.pop()
  return words
}

/** A float tensor with two axes. */
export function matrixOf(tensors: ReadonlyMap<string, SafetensorsTensor>, name: string, file: string): { values: Float32Array; rows: number; width: number } {
  const tensor = tensors.get(name)
  if (tensor?.shape.length !== 2) throw new EmbeddingError(`${file}: has no tensor ${JSON.stringify(name)} (rows, width).`)
  return { values: toFloat32(tensor), rows: tensor.shape[0]!, width: tensor.shape[1]! }
}

/**
 * Reads a safetensors file with `vectors` (words, width) and `words`, UTF-8 with a zero byte after each word.
 *
 * @throws EmbeddingError for other tensors, Error for a damaged file
 */
export function readVectorsSafetensors(file: string): WordVectors {
  const { tensors } = readSafetensors(file)
  const words = wordsOfTensor(tensors.get('words'), file)
  const { values, rows, width } = matrixOf(tensors, 'vectors', file)
  if (rows !== words.length) throw new EmbeddingError(`${file}: holds ${rows} vectors and ${words.length} words.`)
  try {
    return new WordVectors(words, values, width)
  } catch (error) {
    throw new EmbeddingError(`${file}: ${(error as Error).message}`, { cause: error })
  }
}

/** Writes such a file, atomically. */
export function writeVectorsSafetensors(file: string, { words, width, values }: WordVectors): void {
  writeSafetensors(
    file,
    new Map([
      ['vectors', { dtype: 'F32', shape: [words.length, width], data: values }],
      ['words', wordsTensor(words)],
    ]),
  )
}
