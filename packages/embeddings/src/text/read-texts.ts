import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { EmbeddingError } from '../errors.js'

/** Texts that are read piece by piece, each time anew; a piece may end anywhere. */
export type Texts = () => AsyncIterable<string>

const CHUNK_BYTES = 1 << 20

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file)
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await handle.close()
  }
}

/**
 * Decodes UTF-8 that comes in pieces.
 *
 * @param name of what is read, for errors
 * @throws EmbeddingError for what is not UTF-8
 */
export async function* decodeTexts(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let bytes = 0
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode()
    } catch (error) {
      throw new EmbeddingError(`${name}: is not UTF-8 text (near byte ${bytes}): convert it first.`, { cause: error })
    }
  }
  for await (const chunk of chunks) {
    yield decode(chunk)
    bytes += chunk.length
  }
  yield decode()
}

function readError(file: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (error instanceof EmbeddingError) return error
  if (code === 'ENOENT') return new EmbeddingError(`${file}: there is no such file.`, { cause: error })
  if (code === 'EISDIR') return new EmbeddingError(`${file}: is a folder, not a file.`, { cause: error })
  if (code?.startsWith('Z_')) return new EmbeddingError(`${file}: the gzip data is damaged or cut short: ${message}.`, { cause: error })
  return new EmbeddingError(`${file}: cannot be read: ${message}.`, { cause: error })
}

/**
 * Reads text files one after another; what is compressed by gzip is unpacked on the way.
 *
 * @throws EmbeddingError while iterating: a file is missing, a folder, damaged or not UTF-8
 */
export function readTexts(files: readonly string[]): Texts {
  return async function* () {
    for (const file of files) {
      try {
        const compressed = await isGzip(file)
        const bytes = createReadStream(file, { highWaterMark: CHUNK_BYTES })
        if (!compressed) {
          yield* decodeTexts(bytes, file)
          continue
        }
        const unpacked = createGunzip({ chunkSize: CHUNK_BYTES })
        bytes.on('error', (error) => unpacked.destroy(error))
        yield* decodeTexts(bytes.pipe(unpacked), file)
      } catch (error) {
        throw readError(file, error)
      }
    }
  }
}

/** Characters of a line that are held: of a longer one, pieces come as soon as they are there. */
const LINE_CHARACTERS = 1 << 20

/** The lines of texts, or pieces of long ones, which no word crosses; `ended`: an end of line followed. */
export async function* linesOf(texts: AsyncIterable<string>): AsyncGenerator<{ line: string; ended: boolean }> {
  let rest = ''
  for await (const text of texts) {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) yield { line, ended: true }
    const end = rest.length > LINE_CHARACTERS ? rest.search(/[ \t][^ \t]*$/) : -1
    if (end < 0) continue
    yield { line: rest.slice(0, end), ended: false }
    rest = rest.slice(end)
  }
  if (rest !== '') yield { line: rest, ended: false }
}
