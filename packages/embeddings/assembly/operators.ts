// What relations do to the vectors on their right side (Lerer et al. 2019, section 3.1), and its gradient.

import { addProduct, addScaled } from './matrix'
import { multiplyAdd } from './simd'

const TRANSLATION: i32 = 1
const DIAGONAL: i32 = 2
const COMPLEX_DIAGONAL: i32 = 3
const LINEAR: i32 = 4
const AFFINE: i32 = 5

/** to (rows, d) = the operator on from (rows, d). Of complex vectors the real parts come first. */
export function applyOperator(operator: i32, parameters: usize, to: usize, from: usize, rows: i32, d: i32): void {
  const bytes = <usize>d << 2
  if (operator == 0) {
    memory.copy(to, from, <usize>rows * bytes)
    return
  }
  if (operator >= LINEAR) {
    const bias = parameters + <usize>d * bytes
    for (let r = 0; r < rows; r++) {
      if (operator == AFFINE) memory.copy(to + <usize>r * bytes, bias, bytes)
      else memory.fill(to + <usize>r * bytes, 0, bytes)
    }
    // t = Aᵀ x, with A (in, out) row-major.
    addProduct(to, bytes, from, bytes, 4, parameters, bytes, rows, d, d)
    return
  }
  const half = bytes >> 1
  for (let r = 0; r < rows; r++) {
    if (operator == COMPLEX_DIAGONAL) complexProduct(to, from, parameters, half, false)
    else {
      for (let at: usize = 0; at < bytes; at += 16) {
        const p = v128.load(parameters + at)
        const x = v128.load(from + at)
        v128.store(to + at, operator == TRANSLATION ? f32x4.add(x, p) : f32x4.mul(x, p))
      }
    }
    to += bytes
    from += bytes
  }
}

/** to = x ⊙ y, or x ⊙ ȳ; `half` bytes of real parts before the imaginary ones. */
function complexProduct(to: usize, x: usize, y: usize, half: usize, conjugate: bool): void {
  for (let at: usize = 0; at < half; at += 16) {
    const a = v128.load(x + at)
    const b = v128.load(x + half + at)
    const c = v128.load(y + at)
    let e = v128.load(y + half + at)
    if (conjugate) e = f32x4.neg(e)
    v128.store(to + at, f32x4.sub(f32x4.mul(a, c), f32x4.mul(b, e)))
    v128.store(to + half + at, multiplyAdd(a, e, f32x4.mul(b, c)))
  }
}

/**
 * From the gradient of what came out, (rows, d), that of what went in, into `toInput`, and of the parameters, added to
 * `toParameters`.
 */
export function operatorGradient(
  operator: i32, parameters: usize, input: usize, gradient: usize, rows: i32, d: i32, toInput: usize, toParameters: usize, scratch: usize,
): void {
  const bytes = <usize>d << 2
  if (operator < DIAGONAL) memory.copy(toInput, gradient, <usize>rows * bytes)
  if (operator == TRANSLATION) {
    for (let r = 0; r < rows; r++) addScaled(toParameters, gradient + <usize>r * bytes, 1, bytes)
  } else if (operator >= LINEAR) {
    memory.fill(toInput, 0, <usize>rows * bytes)
    // A is in rows of what went in: gradient · Aᵀ needs its transpose.
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) store<f32>(scratch + ((<usize>j * d + i) << 2), load<f32>(parameters + ((<usize>i * d + j) << 2)))
    }
    addProduct(toInput, bytes, gradient, bytes, 4, scratch, bytes, rows, d, d)
    addProduct(toParameters, bytes, input, 4, bytes, gradient, bytes, d, rows, d)
    if (operator == AFFINE) {
      for (let r = 0; r < rows; r++) addScaled(toParameters + <usize>d * bytes, gradient + <usize>r * bytes, 1, bytes)
    }
  } else if (operator == DIAGONAL) {
    for (let r: usize = 0; r < <usize>rows * bytes; r += bytes) {
      for (let at: usize = 0; at < bytes; at += 16) {
        const g = v128.load(gradient + r + at)
        v128.store(toInput + r + at, f32x4.mul(g, v128.load(parameters + at)))
        v128.store(toParameters + at, multiplyAdd(g, v128.load(input + r + at), v128.load(toParameters + at)))
      }
    }
  } else if (operator == COMPLEX_DIAGONAL) {
    const half = bytes >> 1
    for (let r: usize = 0; r < <usize>rows * bytes; r += bytes) {
      complexProduct(toInput + r, gradient + r, parameters, half, true)
      complexProduct(scratch, gradient + r, input + r, half, true)
      addScaled(toParameters, scratch, 1, bytes)
    }
  }
}
