import { AudioError } from '../errors.js'
import { SampleBuffer } from '../sample-buffer.js'

/** A stretch of speech, in seconds from the beginning. */
export interface SpeechSegment {
  start: number
  end: number
}

export interface ActivityOptions {
  /** Decibels above the background at which speech begins. Default 12. */
  onset?: number
  /** Decibels above the background below which it may end. Default 6. */
  offset?: number
  /** Decibels of full scale below which nothing is speech. Default -60. */
  floor?: number
  /** Seconds: shorter bursts are not speech. Default 0.06. */
  shortestSpeech?: number
  /** Seconds: shorter pauses do not end speech. Default 0.3. */
  shortestPause?: number
  /** Seconds that are kept on either side. Default 0.1. */
  padding?: number
}

/** Seconds of a frame; frames do not overlap. */
const FRAME = 0.01
/** Seconds in which the quietest frames are the background, and in how many parts their minima are kept. */
const BACKGROUND_WINDOW = 3
const BACKGROUND_PARTS = 6
/** Decibels of full scale above which a recording that begins with speech is not taken for background. */
const LOUDEST_BACKGROUND = -35
/** A minimum of noise lies below its mean. */
const MINIMUM_BIAS = 3

/**
 * Energy-based voice activity of a signal in pieces. A frame's level (variance of 10 ms, so that a constant offset counts
 * for nothing) is compared with the background: the smallest smoothed level of the last three seconds (minimum statistics,
 * Martin 2001). Two thresholds keep it from flickering.
 */
export class SpeechDetector {
  private readonly options: Required<ActivityOptions>
  private readonly frameLength: number
  private readonly buffer = new SampleBuffer()
  private readonly minima: number[] = [Infinity]
  private framesInPart = 0
  private smoothed = 0
  private frame = 0
  /** First frame of the speech under way, or of a burst that may become speech. */
  private first: number | undefined
  private confirmed = false
  /** Frame after the last one that was above the lower threshold. */
  private lastActive = 0
  private lastEnd = 0

  /**
   * @param sampleRate Hz
   * @throws AudioError for a rate below 1000 Hz or thresholds that are no numbers
   */
  constructor(private readonly sampleRate: number, options: ActivityOptions = {}) {
    if (!(sampleRate >= 1000)) throw new AudioError(`speech detection needs a sample rate of 1000 Hz or more, got ${sampleRate}`)
    const given = { onset: 12, offset: 6, floor: -60, shortestSpeech: 0.06, shortestPause: 0.3, padding: 0.1, ...options }
    for (const [name, value] of Object.entries(given)) {
      if (!Number.isFinite(value) || (name !== 'floor' && value < 0)) {
        throw new AudioError(`speech detection: ${name} must be a number${name === 'floor' ? '' : ' of 0 or more'}, got ${value}`)
      }
    }
    this.options = given
    this.frameLength = Math.round(sampleRate * FRAME)
  }

  /** True while speech is under way. */
  get speaking(): boolean {
    return this.confirmed
  }

  /** Seconds of speech under way, and seconds since the last speech (since the beginning, where there was none). */
  get state(): { spoken: number; silent: number } {
    const now = this.frame * FRAME
    return { spoken: this.confirmed && this.first !== undefined ? now - this.first * FRAME : 0, silent: now - this.lastActive * FRAME }
  }

  /** @returns the segments that are complete now */
  push(samples: Float32Array): SpeechSegment[] {
    const { buffer, frameLength } = this
    const segments: SpeechSegment[] = []
    buffer.push(samples)
    const { view } = buffer
    let at = 0
    for (; at + frameLength <= view.length; at += frameLength) {
      const segment = this.advance(level(view, at, frameLength))
      if (segment) segments.push(segment)
    }
    buffer.dropBefore(buffer.start + at)
    return segments
  }

  /** @returns the segment that the signal's end completes, if any */
  finish(): SpeechSegment[] {
    const segment = this.confirmed ? this.close(this.buffer.end / this.sampleRate) : undefined
    return segment ? [segment] : []
  }

  private advance(decibels: number): SpeechSegment | undefined {
    const { onset, offset, floor, shortestSpeech, shortestPause } = this.options
    const background = this.background(decibels)
    const t = this.frame++
    const active = decibels > Math.max(floor, background + (this.first === undefined ? onset : offset))
    if (active) {
      this.first ??= t
      this.lastActive = t + 1
      if ((t + 1 - this.first) * FRAME >= shortestSpeech - FRAME / 2) this.confirmed = true
    } else if (this.first !== undefined) {
      if (!this.confirmed) this.first = undefined
      else if ((t + 1 - this.lastActive) * FRAME >= shortestPause - FRAME / 2) return this.close((t + 1) * FRAME)
    }
    return undefined
  }

  private close(now: number): SpeechSegment {
    const { padding } = this.options
    const start = Math.max(this.lastEnd, (this.first ?? 0) * FRAME - padding)
    const end = Math.min(now, this.lastActive * FRAME + padding)
    this.first = undefined
    this.confirmed = false
    this.lastEnd = end
    return { start, end }
  }

  private background(decibels: number): number {
    // About 50 ms: single quiet frames are not the background.
    this.smoothed = this.frame === 0 ? decibels : 0.8 * this.smoothed + 0.2 * decibels
    const { minima } = this
    minima[minima.length - 1] = Math.min(minima.at(-1)!, this.smoothed)
    if (++this.framesInPart * FRAME >= BACKGROUND_WINDOW / BACKGROUND_PARTS) {
      this.framesInPart = 0
      minima.push(this.smoothed)
      if (minima.length > BACKGROUND_PARTS) minima.shift()
    }
    return Math.min(LOUDEST_BACKGROUND, Math.min(...minima) + MINIMUM_BIAS)
  }
}

/**
 * Where there is speech in a signal.
 *
 * @param samples shape (N)
 * @param sampleRate Hz
 */
export function detectSpeech(samples: Float32Array, sampleRate: number, options: ActivityOptions = {}): SpeechSegment[] {
  const detector = new SpeechDetector(sampleRate, options)
  return [...detector.push(samples), ...detector.finish()]
}

/** Power without the mean, in decibels of full scale (that of a square wave), at least -120. */
function level(samples: Float32Array, from: number, length: number): number {
  let sum = 0
  let squares = 0
  for (let i = from; i < from + length; i++) {
    const value = samples[i]!
    sum += value
    squares += value * value
  }
  const mean = sum / length
  return 10 * Math.log10(Math.max(1e-12, squares / length - mean * mean))
}
