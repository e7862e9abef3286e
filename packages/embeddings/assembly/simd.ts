// Four float32 at a time.

/** a·b + c, in one instruction where the build has relaxed SIMD. */
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c)
  return f32x4.add(f32x4.mul(a, b), c)
}

/** The sum of the four. */
export function sum(a: v128): f32 {
  const b = f32x4.add(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1))
  return f32x4.extract_lane(b, 0) + f32x4.extract_lane(b, 1)
}

/** The constant in all four. */
export function all(value: f32): v128 {
  return f32x4.splat(value)
}

/** exp(-a) for a in [0, 80], relative error below 2e-7: 2^n times Taylor's polynomial on |f| ≤ ln 2 / 2. */
export function expNegative(a: v128): v128 {
  const n = f32x4.nearest(f32x4.mul(a, all(-1.4426950408889634)))
  // f = -a - n ln 2, with ln 2 in two parts so that the product is exact.
  let f = f32x4.sub(f32x4.neg(a), f32x4.mul(n, all(0.693359375)))
  f = f32x4.sub(f, f32x4.mul(n, all(-2.12194440e-4)))
  let p = all(1.0 / 720)
  p = multiplyAdd(p, f, all(1.0 / 120))
  p = multiplyAdd(p, f, all(1.0 / 24))
  p = multiplyAdd(p, f, all(1.0 / 6))
  p = multiplyAdd(p, f, all(0.5))
  p = multiplyAdd(p, f, all(1))
  p = multiplyAdd(p, f, all(1))
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23)
  return f32x4.mul(p, power)
}

/** log(1 + e) for e in [0, 1], error below 2e-7: the series of 2 artanh(e / (2 + e)). */
export function log1p(e: v128): v128 {
  const s = f32x4.div(e, f32x4.add(e, all(2)))
  const q = f32x4.mul(s, s)
  let p = all(2.0 / 11)
  p = multiplyAdd(p, q, all(2.0 / 9))
  p = multiplyAdd(p, q, all(2.0 / 7))
  p = multiplyAdd(p, q, all(2.0 / 5))
  p = multiplyAdd(p, q, all(2.0 / 3))
  p = multiplyAdd(p, q, all(2))
  return f32x4.mul(p, s)
}
