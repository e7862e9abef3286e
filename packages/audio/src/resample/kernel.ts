/** Zero crossings of the sinc on either side, counted at the lower rate. */
const ZERO_CROSSINGS = 64
/** Stop-band attenuation in dB that the Kaiser window is designed for. */
const ATTENUATION = 100
/** Taps that are kept; beyond, those of a position are computed each time. 8 MiB. */
const MOST_TAPS = 2 ** 20

/** Kernels that are kept: a few pairs of rates and speeds come again and again. */
const MOST_KERNELS = 16
const kernels = new Map<string, PolyphaseKernel>()

/** The kernel for a ratio of rates up / down in lowest terms; made when first asked for. */
export function kernelFor(up: number, down: number): PolyphaseKernel {
  const key = `${up}/${down}`
  const kernel = kernels.get(key) ?? new PolyphaseKernel(up, down)
  kernels.delete(key)
  kernels.set(key, kernel)
  if (kernels.size > MOST_KERNELS) kernels.delete(kernels.keys().next().value!)
  return kernel
}

/** A filter's taps for each of `up` positions between two input samples, computed when first needed. */
export class PolyphaseKernel {
  /** Input samples used on either side. */
  readonly reach: number
  private readonly up: number
  /** Cut-off as a share of half the input rate. */
  private readonly cutoff: number
  private readonly halfWidth: number
  private readonly beta = 0.1102 * (ATTENUATION - 8.7)
  private readonly phases = new Map<number, Float64Array>()
  private readonly mostPhases: number

  /** Of numbers in lowest terms. */
  constructor(up: number, down: number) {
    this.up = up
    const lower = Math.min(1, up / down)
    this.halfWidth = ZERO_CROSSINGS / lower
    this.reach = Math.ceil(this.halfWidth)
    this.mostPhases = Math.max(1, Math.floor(MOST_TAPS / (2 * this.reach)))
    // Kaiser's estimate of the transition's half width, so that the stop band begins at half the lower rate.
    const halfTransition = (ATTENUATION - 7.95) / (14.36 * 2 * ZERO_CROSSINGS)
    this.cutoff = lower * (1 - halfTransition)
  }

  /** @returns shape (2 · reach): tap i weighs the input `reach - 1 - i` before the position, or `i - reach + 1` after it */
  phase(phase: number): Float64Array {
    let taps = this.phases.get(phase)
    if (!taps) {
      taps = this.compute(phase / this.up)
      if (this.phases.size < this.mostPhases) this.phases.set(phase, taps)
    }
    return taps
  }

  private compute(fraction: number): Float64Array {
    const taps = new Float64Array(2 * this.reach)
    const norm = besselI0(this.beta)
    let sum = 0
    for (let i = 0; i < taps.length; i++) {
      const distance = i - this.reach + 1 - fraction
      const place = distance / this.halfWidth
      if (Math.abs(place) >= 1) continue
      const x = Math.PI * this.cutoff * distance
      const sinc = x === 0 ? 1 : Math.sin(x) / x
      taps[i] = sinc * besselI0(this.beta * Math.sqrt(1 - place * place)) / norm
      sum += taps[i]!
    }
    // Every phase passes a constant unchanged.
    for (let i = 0; i < taps.length; i++) taps[i]! /= sum
    return taps
  }
}

/** Modified Bessel function of the first kind and order zero, by its power series. */
function besselI0(x: number): number {
  let sum = 1
  let term = 1
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}
