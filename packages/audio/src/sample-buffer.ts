/** The latest part of a signal that arrives in pieces: what is no longer needed is dropped, places keep their numbers. */
export class SampleBuffer {
  private data = new Float32Array(0)
  private held = 0
  private first = 0

  /** Number of the first sample that is held. */
  get start(): number {
    return this.first
  }

  /** Samples that have arrived so far. */
  get end(): number {
    return this.first + this.held
  }

  /** The held samples; valid until the next `push`. */
  get view(): Float32Array {
    return this.data.subarray(0, this.held)
  }

  push(samples: Float32Array): void {
    const needed = this.held + samples.length
    if (needed > this.data.length) {
      const grown = new Float32Array(Math.max(needed, 2 * this.held, 1024))
      grown.set(this.view)
      this.data = grown
    }
    this.data.set(samples, this.held)
    this.held = needed
  }

  /** Forgets the samples before number `place`. */
  dropBefore(place: number): void {
    const dropped = Math.min(this.held, place - this.first)
    if (dropped <= 0) return
    this.data.copyWithin(0, dropped, this.held)
    this.held -= dropped
    this.first += dropped
  }

  /** Forgets everything, as if nothing had arrived. */
  clear(): void {
    this.held = 0
    this.first = 0
  }
}
