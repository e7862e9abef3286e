import { AudioError } from '../errors.js'

/** Zero crossings of the sinc on either side, counted at the lower rate. */
const ZERO_CROSSINGS = 64
/** Stop-band attenuation in dB that the Kaiser window is designed for. */
const ATTENUATION = 100

/**
 * Converts the sample rate with a band-limited polyphase filter: a sinc under a Kaiser window, 100 dB down from half
 * the lower rate on, flat to 90% of that (Smith, "Digital Audio Resampling"; Kaiser 1974 for the window's formulas).
 *
 * The signal is taken to be zero beyond its ends, and there is no delay: output n lies at input n · from / to.
 *
 * @param samples shape (N)
 * @param from rate of the samples, a positive integer in Hz
 * @param to wanted rate, a positive integer in Hz
 * @returns shape (ceil(N · to / from)); a copy when the rates are equal
 * @throws AudioError for rates that are not positive integers
 */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  for (const rate of [from, to]) {
    if (!Number.isInteger(rate) || rate <= 0) throw new AudioError(`a sample rate must be a positive integer in Hz, got ${rate}`)
  }
  if (from === to) return samples.slice()
  const divisor = greatestCommonDivisor(from, to)
  const up = to / divisor
  const down = from / divisor
  const kernel = new Kernel(up, down)
  const output = new Float32Array(Math.ceil(samples.length * up / down))
  const { reach } = kernel
  for (let n = 0, whole = 0, phase = 0; n < output.length; n++) {
    const taps = kernel.phase(phase)
    // Tap i weighs input whole - reach + 1 + i.
    const first = whole - reach + 1
    const begin = Math.max(0, -first)
    const end = Math.min(taps.length, samples.length - first)
    let sum = 0
    for (let i = begin; i < end; i++) sum += taps[i]! * samples[first + i]!
    output[n] = sum
    phase += down
    whole += Math.floor(phase / up)
    phase %= up
  }
  return output
}

/** The filter's taps for each of `up` positions between two input samples, computed when first needed. */
class Kernel {
  /** Input samples used on either side. */
  readonly reach: number
  private readonly up: number
  /** Cut-off as a share of half the input rate. */
  private readonly cutoff: number
  private readonly halfWidth: number
  private readonly beta = 0.1102 * (ATTENUATION - 8.7)
  private readonly phases = new Map<number, Float64Array>()

  constructor(up: number, down: number) {
    this.up = up
    const lower = Math.min(1, up / down)
    this.halfWidth = ZERO_CROSSINGS / lower
    this.reach = Math.ceil(this.halfWidth)
    // Kaiser's estimate of the transition's half width, so that the stop band begins at half the lower rate.
    const halfTransition = (ATTENUATION - 7.95) / (14.36 * 2 * ZERO_CROSSINGS)
    this.cutoff = lower * (1 - halfTransition)
  }

  phase(phase: number): Float64Array {
    let taps = this.phases.get(phase)
    if (!taps) {
      taps = this.compute(phase / this.up)
      this.phases.set(phase, taps)
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

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
