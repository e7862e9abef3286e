/** Words with their vectors. */
export interface VectorTable {
  /** Most frequent first, where a metric looks at the first ones only. */
  readonly words: readonly string[]
  /** (words, width) row-major. */
  readonly values: Float32Array
  readonly width: number
}

/** The first rows scaled to length 1, in an array of their own; rows of zeros stay. */
export function unitRows({ words, values, width }: VectorTable, count = words.length): Float32Array {
  const units = values.slice(0, count * width)
  for (let from = 0; from < units.length; from += width) {
    let squares = 0
    for (let d = from; d < from + width; d++) squares += units[d]! ** 2
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0
    for (let d = from; d < from + width; d++) units[d]! *= scale
  }
  return units
}

/** Cosine of two vectors; 0 where one is all zeros. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0]
  for (let d = 0; d < a.length; d++) {
    ab += a[d]! * b[d]!
    aa += a[d]! ** 2
    bb += b[d]! ** 2
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0
}
