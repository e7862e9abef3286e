import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { AudioError } from '../errors.js'

/** Bytes of a file that can be read anywhere, without holding them all. */
export interface ByteSource {
  /** Bytes in all. */
  readonly length: number
  /** Bytes `from` up to but not including `to`, cut at the end of the source. Valid until the next call. */
  read(from: number, to: number): Uint8Array
  close(): void
}

/** @throws AudioError when a path cannot be opened */
export function byteSource(source: string | Uint8Array): ByteSource {
  if (typeof source === 'string') return new FileSource(source)
  return {
    length: source.length,
    read: (from, to) => source.subarray(from, Math.min(to, source.length)),
    close: () => {},
  }
}

class FileSource implements ByteSource {
  readonly length: number
  private readonly handle: number
  private buffer = new Uint8Array(0)

  constructor(private readonly path: string) {
    try {
      this.handle = openSync(path, 'r')
    } catch (error) {
      throw cannotRead(path, error)
    }
    const stat = fstatSync(this.handle)
    this.length = stat.size
    if (!stat.isFile()) {
      this.close()
      throw new AudioError(`${path}: ${stat.isDirectory() ? 'a folder' : 'a device or pipe'}, not a WAV file`)
    }
  }

  read(from: number, to: number): Uint8Array {
    const wanted = Math.max(0, Math.min(to, this.length) - from)
    if (this.buffer.length < wanted) this.buffer = new Uint8Array(wanted)
    let got = 0
    try {
      while (got < wanted) {
        const bytes = readSync(this.handle, this.buffer, got, wanted - got, from + got)
        if (bytes === 0) throw new AudioError(`${this.path}: it became shorter while it was read; read it again when it is complete`)
        got += bytes
      }
    } catch (error) {
      throw error instanceof AudioError ? error : cannotRead(this.path, error)
    }
    return this.buffer.subarray(0, wanted)
  }

  close(): void {
    closeSync(this.handle)
  }
}

function cannotRead(path: string, cause: unknown): AudioError {
  const code = (cause as NodeJS.ErrnoException).code
  const what = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'a folder, not a WAV file' : `cannot be read (${code ?? String(cause)})`
  return new AudioError(`${path}: ${what}`, { cause })
}
