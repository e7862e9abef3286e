import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { TokenizerError } from './tokenizer.js'

const CHUNK_BYTES = 1 << 20

/**
 * The text of files in pieces of about 1 MiB, each file by itself. Pieces end between a letter or digit and white
 * space, where no word of the patterns in this package crosses, so that training on the pieces is training on the files.
 *
 * UTF-8 is read strictly: an invalid byte throws a `TokenizerError` naming the file and the offset, as does an empty
 * file and one that cannot be opened. A byte order mark is kept as text.
 */
export async function* readTexts(paths: Iterable<string>): AsyncGenerator<string> {
  for (const path of paths) yield* decodeTexts(readChunks(path), path)
}

/** A whole file as text, with the strictness of `readTexts`. */
export async function readText(path: string): Promise<string> {
  const pieces: string[] = []
  for await (const piece of readTexts([path])) pieces.push(piece)
  return pieces.join('')
}

/** As `readTexts` for one stream of bytes; `name` stands for the file in errors. */
export async function* decodeTexts(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<string> {
  let offset = 0
  let tail = Buffer.alloc(0)
  let text = ''
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([tail, chunk])
    const complete = bytes.length - incompleteLength(bytes)
    const searched = text.length
    text += decodeStrictly(bytes.subarray(0, complete), offset, name)
    offset += complete
    tail = bytes.subarray(complete)
    const cut = lastCut(text, searched)
    if (cut > 0) yield text.slice(0, cut)
    text = text.slice(cut)
  }
  text += decodeStrictly(tail, offset, name)
  if (offset === 0) throw new TokenizerError(`${name}: it is empty, expected text`)
  if (text.length > 0) yield text
}

async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: CHUNK_BYTES })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a directory' : message
    throw new TokenizerError(`${path}: ${reason}`)
  }
}

function decodeStrictly(bytes: Buffer, offset: number, name: string): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  const at = validLength(bytes)
  const byte = bytes[at]!.toString(16).padStart(2, '0')
  throw new TokenizerError(`${name}: it is not UTF-8: invalid byte 0x${byte} at offset ${offset + at}; convert it first`)
}

/** Where the first invalid sequence begins, by bisection: what follows a prefix cannot make it valid. */
function validLength(bytes: Buffer): number {
  let valid = 0
  let invalid = bytes.length
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1
    const prefix = bytes.subarray(0, middle)
    if (isUtf8(prefix.subarray(0, middle - incompleteLength(prefix)))) valid = middle
    else invalid = middle
  }
  return valid - incompleteLength(bytes.subarray(0, valid))
}

/** Number of bytes at the end that begin a character which the next chunk may complete: 0 to 3. */
function incompleteLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
    if (byte < 0x80) return 0
  }
  return 0
}

/** The last place from `start` on between a letter or digit and white space, 0 if there is none. */
function lastCut(text: string, start: number): number {
  for (let at = text.length - 1; at >= Math.max(1, start); at--) {
    const code = text.charCodeAt(at)
    const space = code === 0x20 || (code >= 0x09 && code <= 0x0d)
    if (space && /[\p{L}\p{N}]$/u.test(text.slice(Math.max(0, at - 2), at))) return at
  }
  return 0
}
