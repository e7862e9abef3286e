import type { SharedArena } from './shared-arena.js'

/** Float32 that a row is a multiple of: two vectors of 128 bits. */
const ROW_MULTIPLE = 8

/** Rows of float32 in shared memory, each padded with zeros to what kernels want. */
export class Table {
  /** (rows, stride) row-major. */
  readonly values: Float32Array
  /** Float32 from one row to the next; a multiple of eight. */
  readonly stride: number
  /** In the arena's memory. */
  readonly address: number

  constructor(
    arena: SharedArena,
    readonly rows: number,
    readonly width: number,
  ) {
    this.stride = Math.ceil(width / ROW_MULTIPLE) * ROW_MULTIPLE
    this.address = arena.take(4 * rows * this.stride)
    this.values = arena.float32(this.address, rows * this.stride)
  }

  /** A view of a row: (width). */
  row(index: number): Float32Array {
    return this.values.subarray(index * this.stride, index * this.stride + this.width)
  }

  /** All rows without padding, copied: (rows, width). */
  dense(): Float32Array {
    const dense = new Float32Array(this.rows * this.width)
    for (let i = 0; i < this.rows; i++) dense.set(this.row(i), i * this.width)
    return dense
  }

  /** Sets `count` rows from `first` on to rows of `dense`, which are `width` apart and begin at row `from` there. */
  fill(dense: Float32Array, first = 0, from = 0, count = dense.length / this.width - from): void {
    for (let i = 0; i < count; i++) {
      this.row(first + i).set(dense.subarray((from + i) * this.width, (from + i + 1) * this.width))
    }
  }

  /** Sets rows to numbers uniform in ±1/(2 width), as word2vec.c begins; the same for a seed. */
  randomize(first: number, end: number, seed: number): void {
    let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 1
    for (let i = first; i < end; i++) {
      const row = this.row(i)
      for (let d = 0; d < row.length; d++) {
        // xorshift32 (Marsaglia 2003)
        state ^= state << 13
        state ^= state >>> 17
        state ^= state << 5
        row[d] = ((state >>> 8) / 2 ** 24 - 0.5) / this.width
      }
    }
  }
}
