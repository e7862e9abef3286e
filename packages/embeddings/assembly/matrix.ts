// Products of small dense matrices, float32, row-major, by address.

import { multiplyAdd, sum } from './simd'

function splat(at: usize): v128 {
  return v128.load_splat<f32>(at)
}

/**
 * C += A · B, in tiles of 4 × 8: C (rows, columns), A (rows, inner), B (inner, columns).
 *
 * @param cStride bytes from one row of C to the next
 * @param aRow, aStep bytes from one row of A to the next, and from one number of a row to the next: A may be transposed
 * @param bStride bytes from one row of B to the next
 * @param columns a multiple of eight
 */
export function addProduct(
  C: usize, cStride: usize, A: usize, aRow: usize, aStep: usize, B: usize, bStride: usize, rows: i32, inner: i32, columns: i32,
): void {
  const whole = rows & ~3
  const width = <usize>columns << 2
  for (let d: usize = 0; d < width; d += 32) {
    for (let r = 0; r < whole; r += 4) {
      const c0 = C + <usize>r * cStride + d
      const c1 = c0 + cStride
      const c2 = c1 + cStride
      const c3 = c2 + cStride
      let s00 = v128.load(c0)
      let s01 = v128.load(c0, 16)
      let s10 = v128.load(c1)
      let s11 = v128.load(c1, 16)
      let s20 = v128.load(c2)
      let s21 = v128.load(c2, 16)
      let s30 = v128.load(c3)
      let s31 = v128.load(c3, 16)
      let a = A + <usize>r * aRow
      let b = B + d
      for (let k = 0; k < inner; k++) {
        const x = v128.load(b)
        const y = v128.load(b, 16)
        const a0 = splat(a)
        s00 = multiplyAdd(a0, x, s00)
        s01 = multiplyAdd(a0, y, s01)
        const a1 = splat(a + aRow)
        s10 = multiplyAdd(a1, x, s10)
        s11 = multiplyAdd(a1, y, s11)
        const a2 = splat(a + 2 * aRow)
        s20 = multiplyAdd(a2, x, s20)
        s21 = multiplyAdd(a2, y, s21)
        const a3 = splat(a + 3 * aRow)
        s30 = multiplyAdd(a3, x, s30)
        s31 = multiplyAdd(a3, y, s31)
        a += aStep
        b += bStride
      }
      v128.store(c0, s00)
      v128.store(c0, s01, 16)
      v128.store(c1, s10)
      v128.store(c1, s11, 16)
      v128.store(c2, s20)
      v128.store(c2, s21, 16)
      v128.store(c3, s30)
      v128.store(c3, s31, 16)
    }
    for (let r = whole; r < rows; r++) {
      const c = C + <usize>r * cStride + d
      let s0 = v128.load(c)
      let s1 = v128.load(c, 16)
      let a = A + <usize>r * aRow
      let b = B + d
      for (let k = 0; k < inner; k++) {
        const own = splat(a)
        s0 = multiplyAdd(own, v128.load(b), s0)
        s1 = multiplyAdd(own, v128.load(b, 16), s1)
        a += aStep
        b += bStride
      }
      v128.store(c, s0)
      v128.store(c, s1, 16)
    }
  }
}

/** to (columns, rows) = from (rows, columns), `stride` bytes from one row of `to` to the next. */
export function transpose(to: usize, stride: usize, from: usize, rows: i32, columns: i32): void {
  for (let r = 0; r < rows; r++) {
    let t = to + (<usize>r << 2)
    for (let c = 0; c < columns; c++) {
      store<f32>(t, load<f32>(from))
      from += 4
      t += stride
    }
  }
}

/** a · b, of `bytes`, a multiple of 32. */
export function dot(a: usize, b: usize, bytes: usize): f32 {
  let s = f32x4.splat(0)
  let t = s
  for (let d: usize = 0; d < bytes; d += 32) {
    s = multiplyAdd(v128.load(a + d), v128.load(b + d), s)
    t = multiplyAdd(v128.load(a + d, 16), v128.load(b + d, 16), t)
  }
  return sum(f32x4.add(s, t))
}

/** to += factor · from */
export function addScaled(to: usize, from: usize, factor: f32, bytes: usize): void {
  const f = f32x4.splat(factor)
  for (let d: usize = 0; d < bytes; d += 16) v128.store(to + d, multiplyAdd(f, v128.load(from + d), v128.load(to + d)))
}

/** to = factor · from */
export function scale(to: usize, from: usize, factor: f32, bytes: usize): void {
  const f = f32x4.splat(factor)
  for (let d: usize = 0; d < bytes; d += 16) v128.store(to + d, f32x4.mul(f, v128.load(from + d)))
}

/** The sum of `bytes` of numbers, a multiple of 16. */
export function sumRow(from: usize, bytes: usize): f32 {
  let s = f32x4.splat(0)
  for (let d: usize = 0; d < bytes; d += 16) s = f32x4.add(s, v128.load(from + d))
  return sum(s)
}
