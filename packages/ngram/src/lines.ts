import { closeSync, openSync, readSync } from 'node:fs'
import { NgramError } from './errors.js'

const CHUNK_BYTES = 1 << 20

/**
 * The lines of a UTF-8 file without their ends, read as they are asked for: a file can be larger than a string.
 *
 * @throws NgramError while iterating when the file is not UTF-8
 */
export function* readLines(file: string): Generator<string> {
  const descriptor = openSync(file, 'r')
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true })
    const decode = (bytes: Uint8Array): string => {
      try {
        return decoder.decode(bytes, { stream: bytes.length > 0 })
      } catch {
        throw new NgramError(`${file} is not UTF-8 text`)
      }
    }
    const chunk = new Uint8Array(CHUNK_BYTES)
    let rest = ''
    for (let size = -1; size !== 0;) {
      size = readSync(descriptor, chunk)
      const pieces = (rest + decode(chunk.subarray(0, size))).split('\n')
      rest = pieces.pop()!
      yield* pieces
    }
    if (rest !== '') yield rest
  } finally {
    closeSync(descriptor)
  }
}
