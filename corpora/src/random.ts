/**
 * A small seeded generator with the same output on every platform: sfc32 (Doty-Humphrey, PractRand), its state filled by
 * splitmix32. Only 32-bit integer arithmetic and exact divisions.
 */
export class Random {
  private a: number
  private b: number
  private c: number
  private counter = 1

  /** @param seed an integer; different seeds give unrelated streams */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`the seed must be an integer, got ${seed}`)
    let state = seed | 0
    const fill = () => {
      state = (state + 0x9e3779b9) | 0
      let x = state ^ (state >>> 16)
      x = Math.imul(x, 0x21f0aaad)
      x ^= x >>> 15
      x = Math.imul(x, 0x735a2d97)
      return x ^ (x >>> 15)
    }
    this.a = fill()
    // The bits of the seed beyond the lower 32.
    state = (state + Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b)) | 0
    this.b = fill()
    this.c = fill()
    for (let i = 0; i < 12; i++) this.bits()
  }

  /** An integer in [0, 2^32). */
  bits(): number {
    const sum = (this.a + this.b + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum | 0
    return sum >>> 0
  }

  /** A number in [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.bits() / 2 ** 32)
  }

  /** An integer in [0, count). */
  integer(count: number): number {
    return Math.floor(this.uniform() * count)
  }

  chance(probability: number): boolean {
    return this.uniform() < probability
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(items.length)]!
  }

  /** Item i with a probability proportional to 1 / (i + 2): Zipf's law with Mandelbrot's shift. */
  pickZipf<T>(items: readonly T[]): T {
    let total = 0
    for (let i = 0; i < items.length; i++) total += 1 / (i + 2)
    let left = this.uniform(0, total)
    for (const [i, item] of items.entries()) {
      left -= 1 / (i + 2)
      if (left < 0) return item
    }
    return items[items.length - 1]!
  }
}
