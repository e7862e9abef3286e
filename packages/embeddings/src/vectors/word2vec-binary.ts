import { writeFileAtomic } from '@parlance/runtime/session'
import { EmbeddingError } from '../errors.js'
import { BinaryReader } from './binary-reader.js'
import { checkWords, parseHeader } from './word2vec-text.js'
import { WordVectors } from './word-vectors.js'

const SPACE = 0x20
const NEWLINE = 0x0a
/** Bytes of a word. */
const LONGEST_WORD = 10_000

/**
 * Reads word2vec's binary format: a line with the number of words and their width, then for each a word, a space, float32
 * values and a line end, which some programs leave out.
 *
 * @throws EmbeddingError that names the line of the header, or the number of the word and its byte
 */
export function readWord2VecBinary(file: string): WordVectors {
  const reader = new BinaryReader(file)
  try {
    if (reader.size === 0) throw new EmbeddingError(`${file}: is empty.`)
    const { count, width } = parseHeader(reader.textUntil(NEWLINE, 60, 'the header'), `${file}, line 1`, reader.size / 4)
    const words: string[] = []
    const values = new Float32Array(count * width)
    const places = new Map<string, number>()
    for (let i = 0; i < count; i++) {
      const what = `word ${i + 1} of ${count}`
      reader.skip(NEWLINE)
      const at = reader.position
      const word = reader.textUntil(SPACE, LONGEST_WORD, what)
      const where = `${file}, ${what} (byte ${at})`
      if (word === '') throw new EmbeddingError(`${where}: is empty: the width ${width} is wrong, or the file is damaged.`)
      const earlier = places.get(word)
      if (earlier !== undefined) throw new EmbeddingError(`${where}: ${JSON.stringify(word)} is word ${earlier} already.`)
      const vector = reader.float32(width, `the vector of ${what}`)
      const wrong = vector.findIndex((value) => !Number.isFinite(value))
      if (wrong >= 0) throw new EmbeddingError(`${where}: number ${wrong + 1} of ${JSON.stringify(word)} is ${vector[wrong]}.`)
      places.set(word, i + 1)
      words.push(word)
      values.set(vector, i * width)
    }
    reader.skip(NEWLINE)
    if (reader.left > 0) throw new EmbeddingError(`${file}: ${reader.left} bytes follow the last of ${count} words: the header is wrong, or the file is damaged.`)
    return new WordVectors(words, values, width)
  } finally {
    reader.close()
  }
}

/** Writes word2vec's binary format, which its `distance` and `word-analogy` programs read, atomically. */
export function writeWord2VecBinary(file: string, { words, width, values }: WordVectors): void {
  checkWords(words)
  const parts = function* (): Generator<Uint8Array> {
    yield Buffer.from(`${words.length} ${width}\n`)
    for (const [i, word] of words.entries()) {
      yield Buffer.concat([
        Buffer.from(`${word} `),
        new Uint8Array(values.buffer, values.byteOffset + 4 * i * width, 4 * width),
        Buffer.of(NEWLINE),
      ])
    }
  }
  writeFileAtomic(file, inLargePieces(parts()))
}

/** Joins small pieces, so that each is not written by itself. */
export function* inLargePieces(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  let held: Uint8Array[] = []
  let bytes = 0
  for (const part of parts) {
    held.push(part)
    bytes += part.length
    if (bytes < 1 << 20) continue
    yield Buffer.concat(held)
    held = []
    bytes = 0
  }
  yield Buffer.concat(held)
}
