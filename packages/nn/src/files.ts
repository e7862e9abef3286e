import fs from 'node:fs'

function readError(file: string, error: unknown): Error {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOENT') return new Error(`${file}: there is no such file.`, { cause: error })
  if (code === 'EISDIR') return new Error(`${file}: is a folder, not a file.`, { cause: error })
  if (code === 'EACCES') return new Error(`${file}: no permission to read it.`, { cause: error })
  return new Error(`${file}: cannot be read: ${(error as Error).message}.`, { cause: error })
}

/** The offset of the first byte that is not valid UTF-8: decoding replaces it, so encoding again differs there. */
function invalidOffset(bytes: Uint8Array): number {
  const again = new TextEncoder().encode(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))
  return bytes.findIndex((byte, i) => byte !== again[i])
}

/**
 * The text of a UTF-8 file, without a byte order mark.
 *
 * @throws Error, one line, when the file is missing, empty or not UTF-8.
 */
export function readTextFile(file: string): string {
  let bytes: Buffer
  try {
    bytes = fs.readFileSync(file)
  } catch (error) {
    throw readError(file, error)
  }
  if (bytes.length === 0) throw new Error(`${file}: is empty.`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    const offset = invalidOffset(bytes)
    throw new Error(`${file}: is not UTF-8 text (byte ${offset}): convert it to UTF-8 first.`, { cause: error })
  }
}

/** The value in a JSON file. Throws as `readTextFile` does, and for what is not JSON. */
export function readJson(file: string): unknown {
  const text = readTextFile(file)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${file}: is not valid JSON: ${(error as Error).message.replaceAll('\n', ' ')}.`, { cause: error })
  }
}
