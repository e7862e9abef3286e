import fs from 'node:fs'
import path from 'node:path'

/** Turns the operating system's error while writing `file` into one line that says what to do. */
export function writeError(file: string, error: unknown): Error {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Error(`The disk is full: could not write ${file}; free some space and try again.`, { cause: error })
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new Error(`No permission to write ${file}: choose another folder or change its rights.`, { cause: error })
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new Error(`Could not write ${file}: its folder does not exist.`, { cause: error })
  }
  return new Error(`Could not write ${file}: ${(error as Error).message}.`, { cause: error })
}

/** Makes a renamed entry of `folder` durable. Folders cannot be opened for this on every platform. */
export function syncFolder(folder: string): void {
  let descriptor: number | undefined
  try {
    descriptor = fs.openSync(folder, 'r')
    fs.fsyncSync(descriptor)
  } catch {
    // Not supported here: the rename is then as durable as the platform makes it.
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor)
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  const largest = 2 ** 30 // one call writes less than 2 GiB on Linux
  for (let done = 0; done < bytes.byteLength; ) {
    done += fs.writeSync(descriptor, bytes, done, Math.min(largest, bytes.byteLength - done))
  }
}

/**
 * Writes `content` (a text, bytes, or parts in order) to `file` so that a reader, or a power cut, finds either the old
 * file or the new one, whole: to a temporary name in the same folder, flushed, then renamed.
 *
 * @throws Error, one line, when the disk is full, the folder is missing or may not be written; the old file stays.
 */
export function writeFileAtomic(file: string, content: string | Uint8Array | Iterable<Uint8Array>): void {
  const folder = path.dirname(file)
  const temporary = path.join(folder, `.${path.basename(file)}.${process.pid}.tmp`)
  let descriptor: number | undefined
  try {
    descriptor = fs.openSync(temporary, 'w')
    if (typeof content === 'string') writeAll(descriptor, new TextEncoder().encode(content))
    else if (content instanceof Uint8Array) writeAll(descriptor, content)
    else for (const part of content) writeAll(descriptor, part)
    fs.fsyncSync(descriptor)
    fs.closeSync(descriptor)
    descriptor = undefined
    fs.renameSync(temporary, file)
  } catch (error) {
    if (descriptor !== undefined) fs.closeSync(descriptor)
    fs.rmSync(temporary, { force: true })
    throw writeError(file, error)
  }
  syncFolder(folder)
}
