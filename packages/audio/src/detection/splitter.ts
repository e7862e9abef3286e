import { AudioError } from '../errors.js'
import { SampleBuffer } from '../sample-buffer.js'
import { type ActivityOptions, SpeechDetector } from './activity.js'

export interface SplitOptions extends ActivityOptions {
  /** Seconds of a part at most. Default 30. */
  longest?: number
}

/** Sample numbers between which nobody spoke. */
interface Pause {
  from: number
  to: number
}

/** Seconds of a frame, and of the stretch whose quietest place is taken where there is no pause. */
const FRAME = 0.01
const QUIET = 0.2

/**
 * Cuts a signal of any length at its pauses into parts that are none longer than wanted. Nothing is lost: the parts, one
 * after the other, are the signal. A part ends in the longest pause (`SpeechDetector`) of its latter half, or anywhere in that
 * half where there is none: where 0.2 seconds are quietest.
 */
export class SilenceSplitter {
  private readonly detector: SpeechDetector
  private readonly buffer = new SampleBuffer()
  private readonly longest: number
  /** Those that are over and not dropped, in order. */
  private readonly pauses: Pause[] = []
  /** Where the last speech ended. */
  private spokenUntil = 0

  /**
   * @param sampleRate Hz
   * @throws AudioError for a rate below 1000 Hz, parts below a second or thresholds that are no numbers
   */
  constructor(private readonly sampleRate: number, { longest = 30, ...options }: SplitOptions = {}) {
    if (!(longest >= 1 && longest < Infinity)) throw new AudioError(`parts must be a second or longer, got ${longest}`)
    this.longest = Math.floor(longest * sampleRate)
    this.detector = new SpeechDetector(sampleRate, options)
  }

  /** @returns the parts that are complete now */
  push(samples: Float32Array): Float32Array[] {
    const parts: Float32Array[] = []
    for (let at = 0; at < samples.length; ) {
      // No more at a time than what completes a part.
      const next = Math.min(samples.length, at + this.longest + 1 - (this.buffer.end - this.buffer.start))
      this.hear(samples.subarray(at, next))
      at = next
      if (this.buffer.end - this.buffer.start > this.longest) parts.push(this.take(this.place()))
    }
    return parts
  }

  /** @returns the rest, if there is any */
  finish(): Float32Array[] {
    const { buffer } = this
    return buffer.end > buffer.start ? [this.take(buffer.end)] : []
  }

  private hear(samples: Float32Array): void {
    this.buffer.push(samples)
    for (const { start, end } of this.detector.push(samples)) {
      this.pauses.push({ from: this.spokenUntil, to: Math.round(start * this.sampleRate) })
      this.spokenUntil = Math.round(end * this.sampleRate)
    }
  }

  /** Where the part that is held should end. */
  private place(): number {
    const { buffer, longest } = this
    const last = buffer.start + longest
    const first = buffer.start + Math.ceil(longest / 2)
    const pauses = [...this.pauses, this.pauseUnderWay()]
      .map(({ from, to }) => ({ from: Math.max(first, from), to: Math.min(last, to) }))
      .sort((a, b) => b.to - b.from - (a.to - a.from))
    const [pause] = pauses as [Pause]
    return pause.to > pause.from ? this.quietest(pause) : this.quietest({ from: first, to: last })
  }

  /** From the last speech that is over to the speech under way, or to now. */
  private pauseUnderWay(): Pause {
    const { detector, buffer, sampleRate, spokenUntil } = this
    const { spoken } = detector.state
    return { from: spokenUntil, to: detector.speaking ? buffer.end - Math.round((spoken + FRAME) * sampleRate) : buffer.end }
  }

  /** The middle of the stretch of the least variance, so that a constant offset counts for nothing; the last of equal ones. */
  private quietest({ from, to }: Pause): number {
    const { view, start } = this.buffer
    const step = Math.max(1, Math.round(FRAME * this.sampleRate))
    const frames = Math.floor((to - from) / step)
    const count = Math.min(frames, Math.round(QUIET / FRAME))
    const powers = Float64Array.from({ length: frames }, (_, t) => variance(view.subarray(from - start + t * step, from - start + (t + 1) * step)))
    let least = Infinity
    let at = to
    for (let t = 0; t + count <= frames; t++) {
      const power = powers.subarray(t, t + count).reduce((sum, value) => sum + value, 0)
      if (power > least) continue
      least = power
      at = from + Math.round((t + count / 2) * step)
    }
    return at
  }

  /** The samples held up to number `end`. */
  private take(end: number): Float32Array {
    const { buffer, pauses } = this
    const part = buffer.view.slice(0, end - buffer.start)
    buffer.dropBefore(end)
    while (pauses[0] && pauses[0].to <= end) pauses.shift()
    return part
  }
}

function variance(samples: Float32Array): number {
  let sum = 0
  let squares = 0
  for (const value of samples) {
    sum += value
    squares += value * value
  }
  return squares / samples.length - (sum / samples.length) ** 2
}
