import { AudioError } from '../errors.js'
import { SampleBuffer } from '../sample-buffer.js'
import { kernelFor, type PolyphaseKernel } from './kernel.js'

/** The largest ratio of rates either way: beyond, the filter alone would be longer than most signals. */
const MOST_RATIO = 1000
/** Samples taken at a time. */
const BLOCK = 1 << 15

/**
 * Converts the sample rate of a signal that arrives in pieces, with a band-limited polyphase filter: a sinc of 64 zero
 * crossings a side under a Kaiser window (Smith, "Digital Audio Resampling"; Kaiser 1974 for the window's formulas).
 *
 * From half the lower rate on it is at least 100 dB down, up to 90% of that flat to 0.001 dB. There is no delay in the
 * values: output n lies at input n · from / to, and the signal is taken to be zero beyond its ends.
 */
export class Resampler {
  private readonly up: number
  private readonly down: number
  private readonly kernel: PolyphaseKernel | undefined
  private readonly buffer = new SampleBuffer()
  /** Outputs so far, and where the next one lies: input number `whole` and `phase / up` beyond. */
  private produced = 0
  private whole = 0
  private phase = 0

  /**
   * @param from rate of the samples, a positive integer in Hz
   * @param to wanted rate, a positive integer in Hz
   * @throws AudioError for rates that are not positive integers or more than a factor of 1000 apart
   */
  constructor(from: number, to: number) {
    for (const rate of [from, to]) {
      if (!Number.isInteger(rate) || rate <= 0) throw new AudioError(`a sample rate must be a positive integer in Hz, got ${rate}`)
    }
    if (from > MOST_RATIO * to || to > MOST_RATIO * from) {
      throw new AudioError(`cannot convert ${from} Hz to ${to} Hz: they are more than a factor of ${MOST_RATIO} apart; is the file's sample rate right?`)
    }
    const divisor = greatestCommonDivisor(from, to)
    this.up = to / divisor
    this.down = from / divisor
    this.kernel = from === to ? undefined : kernelFor(this.up, this.down)
  }

  /** @returns the output that the samples so far decide */
  push(samples: Float32Array): Float32Array {
    if (!this.kernel) return samples.slice()
    const { buffer, kernel: { reach } } = this
    const output = new Float32Array(this.outputsBefore(buffer.end + samples.length - reach) - this.produced)
    for (let at = 0, done = 0; at < samples.length; at += BLOCK) {
      buffer.push(samples.subarray(at, at + BLOCK))
      // Outputs whose last input, number whole + reach, has arrived.
      done += this.produce(this.kernel, this.outputsBefore(buffer.end - reach), output, done)
      buffer.dropBefore(this.whole - reach + 1)
    }
    return output
  }

  /** @returns the rest; in all there are ceil(N · to / from) samples. Afterwards the resampler begins anew. */
  finish(): Float32Array {
    const until = this.outputsBefore(this.buffer.end)
    const output = new Float32Array(this.kernel ? until - this.produced : 0)
    if (this.kernel) this.produce(this.kernel, until, output, 0)
    this.buffer.clear()
    this.produced = 0
    this.whole = 0
    this.phase = 0
    return output
  }

  /** Outputs that lie before input number `place`. */
  private outputsBefore(place: number): number {
    return Math.max(this.produced, Math.ceil(place * this.up / this.down))
  }

  /** Writes outputs up to number `until` from place `at` on and says how many. */
  private produce(kernel: PolyphaseKernel, until: number, output: Float32Array, at: number): number {
    const { up, down, buffer } = this
    const { reach } = kernel
    const count = until - this.produced
    if (count === 0) return 0
    const samples = buffer.view
    for (let n = at; n < at + count; n++) {
      const taps = kernel.phase(this.phase)
      // Tap i weighs input whole - reach + 1 + i.
      const first = this.whole - reach + 1 - buffer.start
      output[n] = first >= 0 && first + taps.length <= samples.length ? dot(taps, samples, first) : clippedDot(taps, samples, first)
      this.phase += down
      this.whole += Math.floor(this.phase / up)
      this.phase %= up
    }
    this.produced = until
    return count
  }
}

/**
 * Converts the sample rate of a whole signal; see {@link Resampler}.
 *
 * @param samples shape (N)
 * @returns shape (ceil(N · to / from)); a copy when the rates are equal
 * @throws AudioError for rates that are not positive integers or more than a factor of 1000 apart
 */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  const resampler = new Resampler(from, to)
  const head = resampler.push(samples)
  const tail = resampler.finish()
  const output = new Float32Array(head.length + tail.length)
  output.set(head)
  output.set(tail, head.length)
  return output
}

/** Four sums side by side, so that no addition waits for the one before. The number of taps is even. */
function dot(taps: Float64Array, samples: Float32Array, first: number): number {
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  const end = taps.length - 3
  let i = 0
  for (let k = first; i < end; i += 4, k += 4) {
    a += taps[i]! * samples[k]!
    b += taps[i + 1]! * samples[k + 1]!
    c += taps[i + 2]! * samples[k + 2]!
    d += taps[i + 3]! * samples[k + 3]!
  }
  for (; i < taps.length; i++) a += taps[i]! * samples[first + i]!
  return a + b + (c + d)
}

/** {@link dot} where the signal does not reach under all taps; sums in the same order. */
function clippedDot(taps: Float64Array, samples: Float32Array, first: number): number {
  const whole = new Float32Array(taps.length)
  const from = Math.max(0, first)
  whole.set(samples.subarray(from, Math.max(from, first + taps.length)), from - first)
  return dot(taps, whole, 0)
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
