import { firstRadix4, planStages, type Stage } from './passes.js'

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
      // Twice the transforms of the even and the odd samples; the halves are taken of the power.
      const evenRe = re[k]! + re[m]!
      const evenIm = im[k]! - im[m]!
      const oddRe = im[k]! + im[m]!
      const oddIm = re[m]! - re[k]!
      const c = cos[k]!
      const s = sin[k]!
      const turnedRe = oddRe * c + oddIm * s
      const turnedIm = oddIm * c - oddRe * s
      const sumRe = evenRe + turnedRe
      const sumIm = evenIm + turnedIm
      const differenceRe = evenRe - turnedRe
      const differenceIm = evenIm - turnedIm
      power[k] = 0.25 * (sumRe * sumRe + sumIm * sumIm)
      power[m] = 0.25 * (differenceRe * differenceRe + differenceIm * differenceIm)
    }
  }

  /**
   * @param input `size` samples
   * @param outRe receives the real parts of X[k] in its first `size / 2 + 1` places, outIm the imaginary parts
   */
  forward(input: Float64Array, outRe: Float64Array, outIm: Float64Array): void {
    const half = this.size / 2
    this.transformHalves(input)
    const { re, im, cos, sin } = this
    for (let k = 0; k <= half; k++) {
      const a = k === half ? 0 : k
      const m = k === 0 ? 0 : half - k
      const oddRe = 0.5 * (im[a]! + im[m]!)
      const oddIm = 0.5 * (re[m]! - re[a]!)
      outRe[k] = 0.5 * (re[a]! + re[m]!) + oddRe * cos[k]! + oddIm * sin[k]!
      outIm[k] = 0.5 * (im[a]! - im[m]!) + oddIm * cos[k]! - oddRe * sin[k]!
    }
  }

  /**
   * The inverse of {@link forward}: x[n] = 1 / size · Σ X[k] exp(2πi k n / size) over all k, X[size - k] being X[k]'s conjugate.
   *
   * @param inRe shape (size / 2 + 1); inIm as well, of which the first and last place are taken to be 0
   * @param output receives `size` samples
   */
  inverse(inRe: Float64Array, inIm: Float64Array, output: Float64Array): void {
    const half = this.size / 2
    // Runs the forward transform with real and imaginary parts exchanged, which gives the inverse's exchanged ones.
    const packed = new Float64Array(this.size)
    for (let k = 0; k < half; k++) {
      const m = half - k
      const imK = k === 0 ? 0 : inIm[k]!
      const imM = k === 0 ? 0 : inIm[m]!
      const evenRe = 0.5 * (inRe[k]! + inRe[m]!)
      const evenIm = 0.5 * (imK - imM)
      const turnedRe = 0.5 * (inRe[k]! - inRe[m]!)
      const turnedIm = 0.5 * (imK + imM)
      const oddRe = turnedRe * this.cos[k]! - turnedIm * this.sin[k]!
      const oddIm = turnedIm * this.cos[k]! + turnedRe * this.sin[k]!
      packed[2 * k] = evenIm + oddRe
      packed[2 * k + 1] = evenRe - oddIm
    }
    this.transformHalves(packed)
    for (let n = 0; n < half; n++) {
      output[2 * n] = this.im[n]! / half
      output[2 * n + 1] = this.re[n]! / half
    }
  }

  /** Leaves in `re` and `im` the transform of input[2n] + i input[2n + 1]. */
  private transformHalves(input: Float64Array): void {
    const { stages } = this
    if (stages[0]?.radix !== 4) this.load(input)
    for (let i = 0; i < stages.length; i++) {
      const stage = stages[i]!
      const { re, im, spareRe, spareIm } = this
      if (i === 0 && stage.radix === 4) firstRadix4(input, spareRe, spareIm, stage)
      else stage.pass(re, im, spareRe, spareIm, stage)
      this.re = spareRe
      this.im = spareIm
      this.spareRe = re
      this.spareIm = im
    }
  }

  private load(input: Float64Array): void {
    const half = this.size / 2
    for (let i = 0; i < half; i++) {
      this.re[i] = input[2 * i]!
      this.im[i] = input[2 * i + 1]!
    }
  }
}
