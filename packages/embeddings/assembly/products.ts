// A block: I input rows against T output rows, the same outputs for all inputs, so that each row is read once for many
// products (Ji, Satish, Li and Dubey, "Parallelizing Word2Vec in Shared and Distributed Memory", 2016). Rows are given
// by their addresses and are multiples of eight float32 wide; lists of addresses are padded with a row of zeros, inputs
// to two, outputs to three.
//
// scores and gradients: float32 (I, stride), stride a multiple of four and at least T padded.

import { multiplyAdd, sum } from './simd'

function row(list: usize, i: i32): usize {
  return load<u32>(list + (<usize>i << 2))
}

function splat(at: usize): v128 {
  return v128.load_splat<f32>(at)
}

/** scores[i, t] = input i · output t, in tiles of 2 × 3. */
export function scoreBlock(inputs: usize, I: i32, outputs: usize, T: i32, bytes: usize, scores: usize, stride: usize): void {
  for (let i = 0; i < I; i += 2) {
    const in0 = row(inputs, i)
    const in1 = row(inputs, i + 1)
    let to = scores + <usize>i * stride
    for (let t = 0; t < T; t += 3) {
      const out0 = row(outputs, t)
      const out1 = row(outputs, t + 1)
      const out2 = row(outputs, t + 2)
      let s00 = f32x4.splat(0)
      let s01 = s00
      let s02 = s00
      let s10 = s00
      let s11 = s00
      let s12 = s00
      for (let d: usize = 0; d < bytes; d += 16) {
        const a = v128.load(in0 + d)
        const b = v128.load(in1 + d)
        const x = v128.load(out0 + d)
        const y = v128.load(out1 + d)
        const z = v128.load(out2 + d)
        s00 = multiplyAdd(a, x, s00)
        s01 = multiplyAdd(a, y, s01)
        s02 = multiplyAdd(a, z, s02)
        s10 = multiplyAdd(b, x, s10)
        s11 = multiplyAdd(b, y, s11)
        s12 = multiplyAdd(b, z, s12)
      }
      store<f32>(to, sum(s00))
      store<f32>(to, sum(s01), 4)
      store<f32>(to, sum(s02), 8)
      store<f32>(to + stride, sum(s10))
      store<f32>(to + stride, sum(s11), 4)
      store<f32>(to + stride, sum(s12), 8)
      to += 12
    }
  }
}

/** scores[t] = input · output t, for one input. */
export function scoreOne(input: usize, outputs: usize, T: i32, bytes: usize, scores: usize): void {
  for (let t = 0; t < T; t += 3) {
    const out0 = row(outputs, t)
    const out1 = row(outputs, t + 1)
    const out2 = row(outputs, t + 2)
    let s0 = f32x4.splat(0)
    let s1 = s0
    let s2 = s0
    for (let d: usize = 0; d < bytes; d += 16) {
      const a = v128.load(input + d)
      s0 = multiplyAdd(a, v128.load(out0 + d), s0)
      s1 = multiplyAdd(a, v128.load(out1 + d), s1)
      s2 = multiplyAdd(a, v128.load(out2 + d), s2)
    }
    const to = scores + (<usize>t << 2)
    store<f32>(to, sum(s0))
    store<f32>(to, sum(s1), 4)
    store<f32>(to, sum(s2), 8)
  }
}

/** changes[t] = Σ_i gradients[i, t] input i: what the outputs are to move by; (T padded to three, bytes). */
export function outputChanges(inputs: usize, I: i32, T: i32, bytes: usize, gradients: usize, stride: usize, changes: usize): void {
  for (let t = 0; t < T; t += 3) {
    const to = changes + <usize>t * bytes
    const from = gradients + (<usize>t << 2)
    for (let d: usize = 0; d < bytes; d += 32) {
      let c00 = f32x4.splat(0)
      let c01 = c00
      let c10 = c00
      let c11 = c00
      let c20 = c00
      let c21 = c00
      let g = from
      for (let i = 0; i < I; i++) {
        const input = row(inputs, i) + d
        const a = v128.load(input)
        const b = v128.load(input, 16)
        const g0 = splat(g)
        const g1 = splat(g + 4)
        const g2 = splat(g + 8)
        c00 = multiplyAdd(g0, a, c00)
        c01 = multiplyAdd(g0, b, c01)
        c10 = multiplyAdd(g1, a, c10)
        c11 = multiplyAdd(g1, b, c11)
        c20 = multiplyAdd(g2, a, c20)
        c21 = multiplyAdd(g2, b, c21)
        g += stride
      }
      const at = to + d
      v128.store(at, c00)
      v128.store(at, c01, 16)
      v128.store(at + bytes, c10)
      v128.store(at + bytes, c11, 16)
      v128.store(at + 2 * bytes, c20)
      v128.store(at + 2 * bytes, c21, 16)
    }
  }
}

/** to += Σ_t gradients[t] output t, for one input. */
export function addToInput(to: usize, outputs: usize, T: i32, bytes: usize, gradients: usize): void {
  for (let d: usize = 0; d < bytes; d += 32) {
    let a = v128.load(to + d)
    let b = v128.load(to + d, 16)
    for (let t = 0; t < T; t++) {
      const output = row(outputs, t) + d
      const g = splat(gradients + (<usize>t << 2))
      a = multiplyAdd(g, v128.load(output), a)
      b = multiplyAdd(g, v128.load(output, 16), b)
    }
    v128.store(to + d, a)
    v128.store(to + d, b, 16)
  }
}

/** input i += Σ_t gradients[i, t] output t, for all inputs. An input may be there several times. */
export function addToInputs(inputs: usize, I: i32, outputs: usize, T: i32, bytes: usize, gradients: usize, stride: usize): void {
  for (let i = 0; i < I; i += 2) {
    const in0 = row(inputs, i)
    const in1 = row(inputs, i + 1)
    const from = gradients + <usize>i * stride
    if (in0 == in1) {
      addToInput(in0, outputs, T, bytes, from)
      addToInput(in1, outputs, T, bytes, from + stride)
      continue
    }
    for (let d: usize = 0; d < bytes; d += 32) {
      let a0 = v128.load(in0 + d)
      let a1 = v128.load(in0 + d, 16)
      let b0 = v128.load(in1 + d)
      let b1 = v128.load(in1 + d, 16)
      let g = from
      for (let t = 0; t < T; t++) {
        const output = row(outputs, t) + d
        const x = v128.load(output)
        const y = v128.load(output, 16)
        const g0 = splat(g)
        const g1 = splat(g + stride)
        a0 = multiplyAdd(g0, x, a0)
        a1 = multiplyAdd(g0, y, a1)
        b0 = multiplyAdd(g1, x, b0)
        b1 = multiplyAdd(g1, y, b1)
        g += 4
      }
      v128.store(in0 + d, a0)
      v128.store(in0 + d, a1, 16)
      v128.store(in1 + d, b0)
      v128.store(in1 + d, b1, 16)
    }
  }
}

/** to += from, both of `bytes`. */
export function addRow(to: usize, from: usize, bytes: usize): void {
  for (let d: usize = 0; d < bytes; d += 32) {
    v128.store(to + d, f32x4.add(v128.load(to + d), v128.load(from + d)))
    v128.store(to + d, f32x4.add(v128.load(to + d, 16), v128.load(from + d, 16)), 16)
  }
}

/** to = `scale` times the sum of `n` rows. */
export function scaledSum(to: usize, rows: usize, n: i32, bytes: usize, scale: f32): void {
  const share = f32x4.splat(scale)
  for (let d: usize = 0; d < bytes; d += 32) {
    let a = f32x4.splat(0)
    let b = a
    for (let r = 0; r < n; r++) {
      const from = row(rows, r) + d
      a = f32x4.add(a, v128.load(from))
      b = f32x4.add(b, v128.load(from, 16))
    }
    v128.store(to + d, f32x4.mul(a, share))
    v128.store(to + d, f32x4.mul(b, share), 16)
  }
}
