/** Sines as exact as float32 allows: those of WGSL may be wrong by 2⁻¹¹, which rotated positions would show. */
import type { Value } from './graph.js'
import { add, multiply, scalar, subtract, unary } from './webgpu-operators.js'

/** π in parts whose products with small whole numbers are exact (Cody and Waite 1980). */
const PI_PARTS = [3.140625, 9.67502593994140625e-4, 1.509957990978376e-7]

/** 1 / (2n + 1)! with alternating signs: on [−π/2, π/2] the next term is below 6 · 10⁻⁸. */
const TAYLOR = [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800]

/**
 * sin x = (−1)ᵏ sin(x − kπ) with k the whole number next to x / π. The cosine is the same with k next to x / π − ½, and
 * k + ½ in the place of k: cos x = −(−1)ᵏ sin(x − (k + ½)π).
 */
export function sine(x: Value, which: 'sine' | 'cosine'): Value {
  const turns = multiply(x, scalar(1 / Math.PI))
  const k = unary('Floor', which === 'sine' ? add(turns, scalar(0.5)) : turns)
  const multiple = which === 'sine' ? k : add(k, scalar(0.5))
  let rest = x
  for (const part of PI_PARTS) rest = subtract(rest, multiply(multiple, scalar(part)))
  const square = multiply(rest, rest)
  const [last, ...lower] = TAYLOR.toReversed() as [number, ...number[]]
  let series = scalar(last)
  for (const term of lower) series = add(multiply(series, square), scalar(term))
  const half = multiply(k, scalar(0.5))
  // 0 where k is even, ½ where it is odd.
  const odd = subtract(half, unary('Floor', half))
  const sign = which === 'sine' ? subtract(scalar(1), multiply(odd, scalar(4))) : subtract(multiply(odd, scalar(4)), scalar(1))
  return multiply(multiply(series, rest), sign)
}
