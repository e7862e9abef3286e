/** a · the row of b that begins at `from`. Four sums side by side, as one would wait for each addition. */
export function dot(a: Float32Array, b: Float32Array, from: number): number {
  const width = a.length
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let d = 0
  let at = from
  for (; d + 3 < width; d += 4, at += 4) {
    s0 += a[d]! * b[at]!
    s1 += a[d + 1]! * b[at + 1]!
    s2 += a[d + 2]! * b[at + 2]!
    s3 += a[d + 3]! * b[at + 3]!
  }
  for (; d < width; d++, at++) s0 += a[d]! * b[at]!
  return s0 + s1 + (s2 + s3)
}

/** Scales a vector to length 1; zeros stay. */
export function scaleToUnit(vector: Float32Array): void {
  const squares = dot(vector, vector, 0)
  if (squares === 0) return
  const scale = 1 / Math.sqrt(squares)
  for (let d = 0; d < vector.length; d++) vector[d]! *= scale
}

/** Rows scaled to length 1, copied; rows of zeros stay: (rows, width). */
export function unitRows(values: Float32Array, width: number): Float32Array {
  const units = values.slice()
  for (let from = 0; from < units.length; from += width) scaleToUnit(units.subarray(from, from + width))
  return units
}
