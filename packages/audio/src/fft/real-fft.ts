/** One pass of the transform: combines `radix` interleaved transforms. */
interface Stage {
  radix: number
  /** cos and sin of -2π j p / n for p < n / radix and 0 < j < radix, as (p, j, 2). */
  twiddles: Float64Array
  /** cos and sin of -2π k / radix as (k, 2). */
  roots: Float64Array
}

/**
 * Discrete Fourier transform of real input: X[k] = Σ x[n] exp(-2πi k n / size), k = 0 … size / 2.
 *
 * The even and odd samples are the real and imaginary parts of a complex transform of half the size, computed by the
 * self-sorting mixed-radix algorithm (Stockham; Temperton 1983), fastest where the size is a power of two.
 * A plan owns its work buffers: use one per thread of control.
 */
export class RealFft {
  readonly size: number
  private readonly stages: Stage[]
  private re: Float64Array
  private im: Float64Array
  private spareRe: Float64Array
  private spareIm: Float64Array
  private readonly cos: Float64Array
  private readonly sin: Float64Array

  /** @param size an even number of samples */
  constructor(size: number) {
    if (!Number.isInteger(size) || size < 2 || size % 2 !== 0) {
      throw new RangeError(`the FFT size must be a positive even integer, got ${size}`)
    }
    this.size = size
    const half = size / 2
    this.stages = planStages(half)
    this.re = new Float64Array(half)
    this.im = new Float64Array(half)
    this.spareRe = new Float64Array(half)
    this.spareIm = new Float64Array(half)
    this.cos = Float64Array.from({ length: half + 1 }, (_, k) => Math.cos(2 * Math.PI * k / size))
    this.sin = Float64Array.from({ length: half + 1 }, (_, k) => Math.sin(2 * Math.PI * k / size))
  }

  /**
   * @param input `size` samples
   * @param power receives |X[k]|² in its first `size / 2 + 1` places
   */
  powerSpectrum(input: Float64Array, power: Float64Array): void {
    const { cos, sin } = this
    const half = this.size / 2
    this.transformHalves(input)
    const { re, im } = this
    const dc = re[0]! + im[0]!
    const nyquist = re[0]! - im[0]!
    power[0] = dc * dc
    power[half] = nyquist * nyquist
    for (let k = 1, m = half - 1; k <= m; k++, m--) {
      const evenRe = 0.5 * (re[k]! + re[m]!)
      const evenIm = 0.5 * (im[k]! - im[m]!)
      const oddRe = 0.5 * (im[k]! + im[m]!)
      const oddIm = 0.5 * (re[m]! - re[k]!)
      const turnedRe = oddRe * cos[k]! + oddIm * sin[k]!
      const turnedIm = oddIm * cos[k]! - oddRe * sin[k]!
      const sumRe = evenRe + turnedRe
      const sumIm = evenIm + turnedIm
      const differenceRe = evenRe - turnedRe
      const differenceIm = evenIm - turnedIm
      power[k] = sumRe * sumRe + sumIm * sumIm
      power[m] = differenceRe * differenceRe + differenceIm * differenceIm
    }
  }

  private transformHalves(input: Float64Array): void {
    const half = this.size / 2
    for (let i = 0; i < half; i++) {
      this.re[i] = input[2 * i]!
      this.im[i] = input[2 * i + 1]!
    }
    let stride = 1
    let length = half
    for (const stage of this.stages) {
      const { radix } = stage
      const groups = length / radix
      const pass = radix === 4 ? radix4 : radix === 2 ? radix2 : anyRadix
      pass(this.re, this.im, this.spareRe, this.spareIm, groups, stride, stage)
      const { re, im } = this
      this.re = this.spareRe
      this.im = this.spareIm
      this.spareRe = re
      this.spareIm = im
      length = groups
      stride *= radix
    }
  }
}

function planStages(size: number): Stage[] {
  const stages: Stage[] = []
  let length = size
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
    stages.push({ radix, twiddles, roots })
    length = groups
  }
  return stages
}

type Pass = (
  re: Float64Array, im: Float64Array, outRe: Float64Array, outIm: Float64Array,
  groups: number, stride: number, stage: Stage,
) => void

const radix2: Pass = (re, im, outRe, outIm, groups, stride, { twiddles }) => {
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

const radix4: Pass = (re, im, outRe, outIm, groups, stride, { twiddles }) => {
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

const anyRadix: Pass = (re, im, outRe, outIm, groups, stride, { twiddles, roots, radix }) => {
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
