// Losses of an edge's own entity against the others that stand beside it in a row of scores.

import { all, expNegative, log1p, sum } from './simd'

const SOFTMAX: i32 = 0
const LOGISTIC: i32 = 1
const LARGEST: f32 = 80
/** A score that no other is below. */
const HIDDEN: f32 = -1e30

/**
 * Turns scores (columns) into the gradient of the loss. The own entity is in column `own`; columns of the same entity and
 * those from `count` on take no part: their gradient is 0.
 *
 * @param ids int32 (columns): the entity of each
 * @param columns a multiple of four
 * @returns the loss: −log softmax; −log σ(own) − mean log σ(−other); mean max(0, margin − own + other)
 */
export function rankingLoss(loss: i32, scores: usize, ids: usize, own: i32, count: i32, columns: i32, margin: f32): f64 {
  const score = load<f32>(scores + (<usize>own << 2))
  const id = i32x4.splat(load<i32>(ids + (<usize>own << 2)))
  const used = i32x4.splat(count)
  const end = <usize>columns << 2
  // Others are told by their columns once, as bits of their scores: what takes no part is hidden.
  let others = 0
  let column = i32x4(0, 1, 2, 3)
  for (let at: usize = 0; at < end; at += 16) {
    const hidden = v128.or(i32x4.eq(v128.load(ids + at), id), i32x4.ge_s(column, used))
    v128.store(scores + at, v128.bitselect(all(HIDDEN), v128.load(scores + at), hidden))
    others += 4 - <i32>popcnt(i32x4.bitmask(hidden))
    column = i32x4.add(column, i32x4.splat(4))
  }
  if (others == 0) {
    memory.fill(scores, 0, end)
    return 0
  }
  if (loss == SOFTMAX) return softmax(scores, score, own, end)
  const weight = <f32>1 / <f32>others
  return loss == LOGISTIC ? logistic(scores, score, own, end, weight) : hinge(scores, score, own, end, weight, margin)
}

function softmax(scores: usize, score: f32, own: i32, end: usize): f64 {
  store<f32>(scores + (<usize>own << 2), score)
  let most = all(HIDDEN)
  for (let at: usize = 0; at < end; at += 16) most = f32x4.max(most, v128.load(scores + at))
  const highest = max(max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)), max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)))
  const top = all(highest)
  let total = all(0)
  for (let at: usize = 0; at < end; at += 16) {
    const below = f32x4.sub(top, v128.load(scores + at))
    const e = v128.and(expNegative(f32x4.min(below, all(LARGEST))), f32x4.lt(below, all(LARGEST)))
    v128.store(scores + at, e)
    total = f32x4.add(total, e)
  }
  const partition = sum(total)
  const share = all(<f32>1 / partition)
  for (let at: usize = 0; at < end; at += 16) v128.store(scores + at, f32x4.mul(v128.load(scores + at), share))
  const place = scores + (<usize>own << 2)
  store<f32>(place, load<f32>(place) - 1)
  return <f64>logarithm(partition) + <f64>(highest - score)
}

/**
 * log x of a positive number: that of its mantissa in [1, 2), and of its power of two. The standard library's would bring
 * data of its own, which the module would write over what is in the shared memory.
 */
function logarithm(x: f32): f32 {
  const bits = reinterpret<u32>(x)
  const mantissa = reinterpret<f32>((bits & 0x7fffff) | 0x3f800000)
  const power = <f32>(<i32>(bits >> 23) - 127)
  return f32x4.extract_lane(log1p(all(mantissa - 1)), 0) + power * <f32>0.6931471805599453
}

function logistic(scores: usize, score: f32, own: i32, end: usize, weight: f32): f64 {
  let losses = all(0)
  const one = all(1)
  const weights = all(weight)
  for (let at: usize = 0; at < end; at += 16) {
    const x = v128.load(scores + at)
    const e = expNegative(f32x4.min(f32x4.abs(x), all(LARGEST)))
    const share = f32x4.div(one, f32x4.add(one, e))
    const positive = f32x4.gt(x, all(0))
    const probability = v128.bitselect(share, f32x4.mul(e, share), positive)
    // log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|); of what is hidden both are as good as 0.
    const shown = f32x4.gt(x, all(HIDDEN / 2))
    losses = f32x4.add(losses, v128.and(f32x4.add(f32x4.max(x, all(0)), log1p(e)), shown))
    v128.store(scores + at, v128.and(f32x4.mul(probability, weights), shown))
  }
  const e = f32x4.extract_lane(expNegative(all(min(abs(score), LARGEST))), 0)
  const probability: f32 = (score > 0 ? <f32>1 : e) / (<f32>1 + e)
  store<f32>(scores + (<usize>own << 2), probability - 1)
  return <f64>(sum(losses) * weight) + <f64>(max(-score, <f32>0) + f32x4.extract_lane(log1p(all(e)), 0))
}

function hinge(scores: usize, score: f32, own: i32, end: usize, weight: f32, margin: f32): f64 {
  let losses = all(0)
  const missing = all(margin - score)
  const weights = all(weight)
  let moved = all(0)
  for (let at: usize = 0; at < end; at += 16) {
    const lost = f32x4.add(v128.load(scores + at), missing)
    const wrong = f32x4.gt(lost, all(0))
    losses = f32x4.add(losses, v128.and(lost, wrong))
    const gradient = v128.and(weights, wrong)
    moved = f32x4.add(moved, gradient)
    v128.store(scores + at, gradient)
  }
  store<f32>(scores + (<usize>own << 2), -sum(moved))
  return <f64>(sum(losses) * weight)
}
