// The logistic loss of a block of scores.

import { all, expNegative, log1p } from './simd'

/** Beyond this exp underflows; the loss is then the score itself to the last digit. */
const LARGEST_SCORE: f32 = 80

/**
 * Turns scores x (I, stride) into rate·(y − σ(x)), what the products of a step down the loss −y log σ(x) − (1 − y) log
 * σ(−x) are to be multiplied by. Columns from T on become 0.
 *
 * @param labels y, float32 (stride), the same for every row
 * @returns the sum of the losses
 */
export function logisticBlock(scores: usize, I: i32, T: i32, stride: usize, labels: usize, rate: f32): f64 {
  let losses = all(0)
  const one = all(1)
  const rates = all(rate)
  const columns = i32x4.splat(T)
  for (let i = 0; i < I; i++) {
    const from = scores + <usize>i * stride
    let column = i32x4(0, 1, 2, 3)
    for (let at: usize = 0; at < stride; at += 16) {
      const used = i32x4.lt_s(column, columns)
      // What lies beyond T is whatever was there before: it is masked, not multiplied by 0, as it may be NaN.
      const x = v128.and(v128.load(from + at), used)
      const y = v128.load(labels + at)
      const size = f32x4.min(f32x4.abs(x), all(LARGEST_SCORE))
      const e = expNegative(size)
      const ofSize = f32x4.div(one, f32x4.add(one, e))
      const positive = f32x4.gt(x, all(0))
      const probability = v128.bitselect(ofSize, f32x4.mul(e, ofSize), positive)
      // Against the label: the score itself is lost, besides log(1 + exp(−|x|)).
      const wrong = v128.xor(positive, f32x4.gt(y, all(0.5)))
      const loss = f32x4.add(log1p(e), v128.and(f32x4.abs(x), wrong))
      losses = f32x4.add(losses, v128.and(loss, used))
      v128.store(from + at, v128.and(f32x4.mul(rates, f32x4.sub(y, probability)), used))
      column = i32x4.add(column, i32x4.splat(4))
    }
  }
  return (
    <f64>f32x4.extract_lane(losses, 0) +
    <f64>f32x4.extract_lane(losses, 1) +
    <f64>f32x4.extract_lane(losses, 2) +
    <f64>f32x4.extract_lane(losses, 3)
  )
}
