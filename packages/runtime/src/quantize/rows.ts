/** A matrix in eight or four bits. */

/** A matrix (rows, columns) as whole numbers: row r is `values` times `scales[r]`. */
export interface QuantizedRows {
  /** (rows, columns), from −127 to 127 */
  values: Int8Array
  /** (rows) */
  scales: Float32Array
}

/** Rounds each row to multiples of its largest magnitude over 127, symmetrically about 0. */
export function quantizeRows(matrix: Float32Array, rows: number): QuantizedRows {
  const columns = matrix.length / rows
  const [values, scales] = [new Int8Array(matrix.length), new Float32Array(rows)]
  for (let row = 0; row < rows; row++) {
    scales[row] = quantizeRun(matrix, row * columns, columns, 127, values)
  }
  return { values, scales }
}

/** A matrix (rows, columns) in four bits: `block` numbers one after the other share a scale. */
export interface QuantizedBlocks {
  /** (rows, columns / 2): two numbers a byte, the first in its lower half, each with 8 added */
  values: Uint8Array
  /** (rows, columns / block) */
  scales: Float32Array
}

/** Rounds each block of a row to multiples of its largest magnitude over 7, symmetrically about 0. */
export function quantizeBlocks(matrix: Float32Array, block: number): QuantizedBlocks {
  const values = new Int8Array(matrix.length)
  const scales = new Float32Array(matrix.length / block)
  for (let i = 0; i < scales.length; i++) scales[i] = quantizeRun(matrix, i * block, block, 7, values)
  const bytes = new Uint8Array(matrix.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = ((values[2 * i] as number) + 8) | (((values[2 * i + 1] as number) + 8) << 4)
  return { values: bytes, scales }
}

/** Rounds `count` numbers from `start` on to multiples of what is returned, `levels` of them at most on each side of 0. */
function quantizeRun(numbers: Float32Array, start: number, count: number, levels: number, into: Int8Array): number {
  let largest = 0
  for (let i = start; i < start + count; i++) largest = Math.max(largest, Math.abs(numbers[i] as number))
  if (largest === 0) return 0
  // As the scale is stored, so that a number is rounded to the multiple of it that is nearest.
  const scale = Math.fround(largest / levels)
  for (let i = start; i < start + count; i++) {
    const multiple = Math.round((numbers[i] as number) / scale)
    into[i] = Math.max(-levels, Math.min(levels, multiple))
  }
  return scale
}
