import { EmbeddingError } from '../errors.js'

const PAGE = 65_536
/** What 32-bit addresses reach. */
const MAXIMUM_PAGES = 65_536
/** Of a cache line, so that no two tables share one. */
const ALIGNMENT = 64

/**
 * Memory that WebAssembly kernels on several threads share. It only grows: what is taken stays until the arena itself is
 * let go. Address 0 is never given out, so that a kernel can take it for "none".
 */
export class SharedArena {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: MAXIMUM_PAGES, shared: true })
  private end = ALIGNMENT

  /**
   * The address of `bytes` zeroed bytes, a multiple of 64.
   *
   * @throws EmbeddingError beyond 4 GiB, or when the machine has no more memory.
   */
  take(bytes: number): number {
    const address = this.end
    const end = Math.ceil((address + bytes) / ALIGNMENT) * ALIGNMENT
    const missing = Math.ceil(end / PAGE) - this.memory.buffer.byteLength / PAGE
    if (missing > 0) {
      try {
        this.memory.grow(missing)
      } catch (error) {
        const needed = `${(end / 2 ** 30).toFixed(2)} GiB`
        throw new EmbeddingError(
          `The tables need ${needed} of shared memory, and there are at most 4 GiB or what the machine has left: ` +
            'take fewer dimensions, words or n-gram buckets.',
          { cause: error },
        )
      }
    }
    this.end = end
    return address
  }

  /** A view of what was taken. Memory that was taken later does not move it. */
  float32(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length)
  }

  int32(address: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, length)
  }

  uint32(address: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, address, length)
  }

  /** Takes room for values and copies them there; gives the address. */
  put(values: Int32Array | Uint32Array): number {
    const address = this.take(values.byteLength)
    this.int32(address, values.length).set(values)
    return address
  }
}
