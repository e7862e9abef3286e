import type { Features } from '@parlance/audio'

/** Feature frames of a stream, of which the first are dropped when nothing needs them any more. */
export class FeatureBuffer {
  /** The first frame held, counted from the stream's start. */
  start = 0
  private bins = 0
  private data = new Float32Array(0)
  private used = 0

  /** The frame after the last one held. */
  get end(): number {
    return this.start + (this.bins === 0 ? 0 : this.used / this.bins)
  }

  /** What is held, shape (T, F). */
  get features(): Features {
    return { frames: this.end - this.start, bins: this.bins, data: this.data.subarray(0, this.used) }
  }

  push({ bins, data }: Features): void {
    if (data.length === 0) return
    this.bins = bins
    if (this.used + data.length > this.data.length) {
      const larger = new Float32Array(2 * (this.used + data.length))
      larger.set(this.data.subarray(0, this.used))
      this.data = larger
    }
    this.data.set(data, this.used)
    this.used += data.length
  }

  dropBefore(frame: number): void {
    const frames = Math.min(frame, this.end) - this.start
    if (frames <= 0) return
    this.data.copyWithin(0, frames * this.bins, this.used)
    this.used -= frames * this.bins
    this.start += frames
  }
}
