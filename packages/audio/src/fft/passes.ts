/** One pass of the transform: combines `radix` interleaved transforms. */
export interface Stage {
  radix: number
  /** cos and sin of -2π j p / n for p < n / radix and 0 < j < radix, as (p, j, 2). */
  twiddles: Float64Array
  /** cos and sin of -2π k / radix as (k, 2). */
  roots: Float64Array
  /** Transforms that are combined into one, and how far apart their values lie. */
  groups: number
  stride: number
  pass: Pass
}

/** The passes of a transform of `size` complex values, first to last. */
export function planStages(size: number): Stage[] {
  const stages: Stage[] = []
  let length = size
  let stride = 1
  while (length > 1) {
    let radix = length % 4 === 0 ? 4 : 2
    while (length % radix !== 0) radix++
    const groups = length / radix
    const twiddles = new Float64Array(groups * (radix - 1) * 2)
    for (let p = 0, at = 0; p < groups; p++) {
      for (let j = 1; j < radix; j++) {
        const angle = -2 * Math.PI * j * p / length
        twiddles[at++] = Math.cos(angle)
        twiddles[at++] = Math.sin(angle)
      }
    }
    const roots = Float64Array.from({ length: 2 * radix }, (_, i) => {
      const angle = -2 * Math.PI * (i >> 1) / radix
      return i & 1 ? Math.sin(angle) : Math.cos(angle)
    })
    stages.push({ radix, twiddles, roots, groups, stride, pass: passFor(radix, groups) })
    length = groups
    stride *= radix
  }
  return stages
}

type Pass = (
  re: Float64Array, im: Float64Array, outRe: Float64Array, outIm: Float64Array, stage: Stage,
) => void

const radix2: Pass = (re, im, outRe, outIm, { twiddles, groups, stride }) => {
  for (let p = 0; p < groups; p++) {
    const wr = twiddles[2 * p]!
    const wi = twiddles[2 * p + 1]!
    const a = stride * p
    const b = a + stride * groups
    const out = 2 * a
    for (let q = 0; q < stride; q++) {
      const ar = re[a + q]!
      const ai = im[a + q]!
      const br = re[b + q]!
      const bi = im[b + q]!
      outRe[out + q] = ar + br
      outIm[out + q] = ai + bi
      const dr = ar - br
      const di = ai - bi
      outRe[out + stride + q] = dr * wr - di * wi
      outIm[out + stride + q] = dr * wi + di * wr
    }
  }
}

const radix4: Pass = (re, im, outRe, outIm, { twiddles, groups, stride }) => {
  const quarter = stride * groups
  for (let p = 0; p < groups; p++) {
    const t = 6 * p
    const w1r = twiddles[t]!
    const w1i = twiddles[t + 1]!
    const w2r = twiddles[t + 2]!
    const w2i = twiddles[t + 3]!
    const w3r = twiddles[t + 4]!
    const w3i = twiddles[t + 5]!
    let a = stride * p
    let out = 4 * a
    for (let q = 0; q < stride; q++, a++, out++) {
      const b = a + quarter
      const c = b + quarter
      const d = c + quarter
      const sumAcR = re[a]! + re[c]!
      const sumAcI = im[a]! + im[c]!
      const difAcR = re[a]! - re[c]!
      const difAcI = im[a]! - im[c]!
      const sumBdR = re[b]! + re[d]!
      const sumBdI = im[b]! + im[d]!
      // -i (b - d)
      const difBdR = im[b]! - im[d]!
      const difBdI = re[d]! - re[b]!
      outRe[out] = sumAcR + sumBdR
      outIm[out] = sumAcI + sumBdI
      const y1r = difAcR + difBdR
      const y1i = difAcI + difBdI
      outRe[out + stride] = y1r * w1r - y1i * w1i
      outIm[out + stride] = y1r * w1i + y1i * w1r
      const y2r = sumAcR - sumBdR
      const y2i = sumAcI - sumBdI
      outRe[out + 2 * stride] = y2r * w2r - y2i * w2i
      outIm[out + 2 * stride] = y2r * w2i + y2i * w2r
      const y3r = difAcR - difBdR
      const y3i = difAcI - difBdI
      outRe[out + 3 * stride] = y3r * w3r - y3i * w3i
      outIm[out + 3 * stride] = y3r * w3i + y3i * w3r
    }
  }
}

const anyRadix: Pass = (re, im, outRe, outIm, { twiddles, roots, radix, groups, stride }) => {
  for (let p = 0; p < groups; p++) {
    for (let q = 0; q < stride; q++) {
      const from = stride * p + q
      const to = stride * p * radix + q
      for (let j = 0; j < radix; j++) {
        let sumRe = 0
        let sumIm = 0
        for (let k = 0, turn = 0; k < radix; k++) {
          const xr = re[from + k * stride * groups]!
          const xi = im[from + k * stride * groups]!
          sumRe += xr * roots[2 * turn]! - xi * roots[2 * turn + 1]!
          sumIm += xr * roots[2 * turn + 1]! + xi * roots[2 * turn]!
          turn += j
          if (turn >= radix) turn -= radix
        }
        const t = 2 * ((radix - 1) * p + j - 1)
        const wr = j === 0 ? 1 : twiddles[t]!
        const wi = j === 0 ? 0 : twiddles[t + 1]!
        outRe[to + j * stride] = sumRe * wr - sumIm * wi
        outIm[to + j * stride] = sumRe * wi + sumIm * wr
      }
    }
  }
}

const radix5: Pass = (re, im, outRe, outIm, { twiddles, roots, groups, stride }) => {
  // exp(-2πi / 5) and its square.
  const c1 = roots[2]!
  const s1 = roots[3]!
  const c2 = roots[4]!
  const s2 = roots[5]!
  const step = stride * groups
  for (let p = 0; p < groups; p++) {
    const t = 8 * p
    for (let q = 0; q < stride; q++) {
      const a = stride * p + q
      const out = 5 * stride * p + q
      const zeroR = re[a]!
      const zeroI = im[a]!
      const sum14R = re[a + step]! + re[a + 4 * step]!
      const sum14I = im[a + step]! + im[a + 4 * step]!
      const dif14R = re[a + step]! - re[a + 4 * step]!
      const dif14I = im[a + step]! - im[a + 4 * step]!
      const sum23R = re[a + 2 * step]! + re[a + 3 * step]!
      const sum23I = im[a + 2 * step]! + im[a + 3 * step]!
      const dif23R = re[a + 2 * step]! - re[a + 3 * step]!
      const dif23I = im[a + 2 * step]! - im[a + 3 * step]!
      outRe[out] = zeroR + sum14R + sum23R
      outIm[out] = zeroI + sum14I + sum23I
      const even1R = zeroR + c1 * sum14R + c2 * sum23R
      const even1I = zeroI + c1 * sum14I + c2 * sum23I
      const even2R = zeroR + c2 * sum14R + c1 * sum23R
      const even2I = zeroI + c2 * sum14I + c1 * sum23I
      // i (s1 d14 + s2 d23) and i (s2 d14 - s1 d23).
      const odd1R = -(s1 * dif14I + s2 * dif23I)
      const odd1I = s1 * dif14R + s2 * dif23R
      const odd2R = -(s2 * dif14I - s1 * dif23I)
      const odd2I = s2 * dif14R - s1 * dif23R
      turn(outRe, outIm, out + stride, even1R + odd1R, even1I + odd1I, twiddles[t]!, twiddles[t + 1]!)
      turn(outRe, outIm, out + 2 * stride, even2R + odd2R, even2I + odd2I, twiddles[t + 2]!, twiddles[t + 3]!)
      turn(outRe, outIm, out + 3 * stride, even2R - odd2R, even2I - odd2I, twiddles[t + 4]!, twiddles[t + 5]!)
      turn(outRe, outIm, out + 4 * stride, even1R - odd1R, even1I - odd1I, twiddles[t + 6]!, twiddles[t + 7]!)
    }
  }
}

function turn(outRe: Float64Array, outIm: Float64Array, at: number, re: number, im: number, cos: number, sin: number): void {
  outRe[at] = re * cos - im * sin
  outIm[at] = re * sin + im * cos
}

/** The last pass of radix 4: one group, so that nothing is turned. */
const lastRadix4: Pass = (re, im, outRe, outIm, { stride }) => {
  for (let a = 0, b = stride, c = 2 * stride, d = 3 * stride; a < stride; a++, b++, c++, d++) {
    const sumAcR = re[a]! + re[c]!
    const sumAcI = im[a]! + im[c]!
    const difAcR = re[a]! - re[c]!
    const difAcI = im[a]! - im[c]!
    const sumBdR = re[b]! + re[d]!
    const sumBdI = im[b]! + im[d]!
    const difBdR = im[b]! - im[d]!
    const difBdI = re[d]! - re[b]!
    outRe[a] = sumAcR + sumBdR
    outIm[a] = sumAcI + sumBdI
    outRe[b] = difAcR + difBdR
    outIm[b] = difAcI + difBdI
    outRe[c] = sumAcR - sumBdR
    outIm[c] = sumAcI - sumBdI
    outRe[d] = difAcR - difBdR
    outIm[d] = difAcI - difBdI
  }
}

/**
 * The first pass of radix 4 on real samples of which the even ones are real parts and the odd ones imaginary parts.
 *
 * @param input shape (2 · 4 · groups)
 */
export function firstRadix4(
  input: Float64Array, outRe: Float64Array, outIm: Float64Array, { twiddles, groups }: Stage,
): void {
  const quarter = 2 * groups
  for (let p = 0, t = 0, out = 0; p < groups; p++, t += 6, out += 4) {
    const a = 2 * p
    const b = a + quarter
    const c = b + quarter
    const d = c + quarter
    const sumAcR = input[a]! + input[c]!
    const sumAcI = input[a + 1]! + input[c + 1]!
    const difAcR = input[a]! - input[c]!
    const difAcI = input[a + 1]! - input[c + 1]!
    const sumBdR = input[b]! + input[d]!
    const sumBdI = input[b + 1]! + input[d + 1]!
    const difBdR = input[b + 1]! - input[d + 1]!
    const difBdI = input[d]! - input[b]!
    outRe[out] = sumAcR + sumBdR
    outIm[out] = sumAcI + sumBdI
    const y1r = difAcR + difBdR
    const y1i = difAcI + difBdI
    outRe[out + 1] = y1r * twiddles[t]! - y1i * twiddles[t + 1]!
    outIm[out + 1] = y1r * twiddles[t + 1]! + y1i * twiddles[t]!
    const y2r = sumAcR - sumBdR
    const y2i = sumAcI - sumBdI
    outRe[out + 2] = y2r * twiddles[t + 2]! - y2i * twiddles[t + 3]!
    outIm[out + 2] = y2r * twiddles[t + 3]! + y2i * twiddles[t + 2]!
    const y3r = difAcR - difBdR
    const y3i = difAcI - difBdI
    outRe[out + 3] = y3r * twiddles[t + 4]! - y3i * twiddles[t + 5]!
    outIm[out + 3] = y3r * twiddles[t + 5]! + y3i * twiddles[t + 4]!
  }
}

function passFor(radix: number, groups: number): Pass {
  if (radix === 4) return groups === 1 ? lastRadix4 : radix4
  return radix === 5 ? radix5 : radix === 2 ? radix2 : anyRadix
}
