import { expectSize } from '../dimensions.js'

/** Zeros in memory that worker threads can share. */
export function sharedZeros(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(4 * length))
}

/**
 * An embedding table that is too large for the graph, in memory that worker threads share: the rows that a batch needs
 * go into the graph, their gradients come out, and a row-wise optimizer updates them in place.
 */
export class RowTable {
  /** Row-major (rows, width). */
  readonly values: Float32Array
  readonly rows: number
  readonly width: number

  /** @param values of another thread's table or a checkpoint, which are used as they are; default zeros */
  constructor({ rows, width, values = sharedZeros(rows * width) }: { rows: number; width: number; values?: Float32Array }) {
    expectSize('The rows of a table', rows)
    expectSize('The width of a table', width)
    if (values.length !== rows * width) {
      throw new Error(`A table of ${rows} rows of ${width} needs ${rows * width} values, got ${values.length}.`)
    }
    this.rows = rows
    this.width = width
    this.values = values
  }

  /** @throws RangeError for an id that is not one of the rows. */
  check(ids: Int32Array): void {
    for (const id of ids) {
      if (id < 0 || id >= this.rows) throw new RangeError(`There is no row ${id} in a table of ${this.rows} rows.`)
    }
  }

  /** The rows of `ids` (N), copied: (N, width). Throws RangeError for an id that is not one of the rows. */
  gather(ids: Int32Array): Float32Array {
    this.check(ids)
    const { values, width } = this
    const rows = new Float32Array(ids.length * width)
    for (const [i, id] of ids.entries()) rows.set(values.subarray(id * width, (id + 1) * width), i * width)
    return rows
  }
}

/** Each id of `ids` once, in the order of their first appearance, and the place of each id among them. */
export function distinctRows(ids: Int32Array): { rows: Int32Array; places: Int32Array } {
  const places = new Int32Array(ids.length)
  const seen = new Map<number, number>()
  for (const [i, id] of ids.entries()) {
    const place = seen.get(id) ?? seen.size
    seen.set(id, place)
    places[i] = place
  }
  return { rows: Int32Array.from(seen.keys()), places }
}
