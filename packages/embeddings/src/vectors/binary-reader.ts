import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { EmbeddingError } from '../errors.js'

const WINDOW = 1 << 20

/** Reads a binary file from front to back; what is asked for is checked against the file's size before memory is taken. */
export class BinaryReader {
  readonly size: number
  private readonly descriptor: number
  private window = Buffer.alloc(0)
  /** Of the window, in the file. */
  private start = 0
  private at = 0

  constructor(readonly file: string) {
    try {
      this.descriptor = openSync(file, 'r')
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      throw new EmbeddingError(missing ? `${file}: there is no such file.` : `${file}: cannot be read: ${(error as Error).message}.`, { cause: error })
    }
    const stat = fstatSync(this.descriptor)
    if (!stat.isFile()) {
      this.close()
      throw new EmbeddingError(`${file}: is not a file.`)
    }
    this.size = stat.size
  }

  get position(): number {
    return this.start + this.at
  }

  get left(): number {
    return this.size - this.position
  }

  close(): void {
    closeSync(this.descriptor)
  }

  /** @throws EmbeddingError when fewer bytes are left; `what` names them. */
  require(bytes: number, what: string): void {
    if (!(bytes <= this.left)) {
      throw new EmbeddingError(`${this.file}: ${what} should take ${bytes} bytes from byte ${this.position} on, but ${this.left} are left: the file is cut short or damaged.`)
    }
  }

  int8(what: string): number {
    return this.take(1, what).readInt8()
  }

  int32(what: string): number {
    return this.take(4, what).readInt32LE()
  }

  /** An int64 that a number holds exactly. */
  int64(what: string): number {
    const value = Number(this.take(8, what).readBigInt64LE())
    if (!Number.isSafeInteger(value)) throw new EmbeddingError(`${this.file}: ${what} is ${value}: the file is damaged.`)
    return value
  }

  float64(what: string): number {
    return this.take(8, what).readDoubleLE()
  }

  /** Text that ends with the byte `end`, which is read too; UTF-8, invalid bytes replaced. */
  textUntil(end: number, longest: number, what: string): string {
    const limit = Math.min(longest + 1, this.left)
    this.hold(limit)
    const bytes = this.window.subarray(this.at, this.at + limit)
    const length = bytes.indexOf(end)
    if (length < 0) {
      throw new EmbeddingError(`${this.file}: ${what} at byte ${this.position} does not end within ${limit} bytes: the file is cut short or damaged.`)
    }
    this.at += length + 1
    return bytes.toString('utf8', 0, length)
  }

  /** Skips a byte if it is the next one. */
  skip(byte: number): void {
    if (this.left === 0) return
    this.hold(1)
    if (this.window[this.at] === byte) this.at++
  }

  float32(count: number, what: string): Float32Array {
    this.require(4 * count, what)
    const values = new Float32Array(count)
    const bytes = new Uint8Array(values.buffer)
    const held = Math.min(bytes.length, this.window.length - this.at)
    bytes.set(this.window.subarray(this.at, this.at + held))
    this.at += held
    let done = held
    let position = this.position
    while (done < bytes.length) {
      const read = readSync(this.descriptor, bytes, done, Math.min(2 ** 30, bytes.length - done), position)
      done += read
      position += read
    }
    if (position !== this.position) {
      this.window = Buffer.alloc(0)
      this.start = position
      this.at = 0
    }
    return values
  }

  private take(bytes: number, what: string): Buffer {
    this.require(bytes, what)
    this.hold(bytes)
    this.at += bytes
    return this.window.subarray(this.at - bytes, this.at)
  }

  /** Makes sure that the window holds so many bytes, which the file has. */
  private hold(bytes: number): void {
    if (this.window.length - this.at >= bytes) return
    const position = this.position
    const window = Buffer.alloc(Math.min(Math.max(WINDOW, bytes), this.size - position))
    for (let done = 0; done < window.length;) done += readSync(this.descriptor, window, done, window.length - done, position + done)
    this.window = window
    this.start = position
    this.at = 0
  }
}
