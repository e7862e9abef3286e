/** A list of uint32 that grows. */
export class GrowingUint32 {
  private array = new Uint32Array(1024)
  private size = 0

  get length(): number {
    return this.size
  }

  push(value: number): void {
    if (this.size === this.array.length) {
      const larger = new Uint32Array(2 * this.size)
      larger.set(this.array)
      this.array = larger
    }
    this.array[this.size++] = value
  }

  at(place: number): number {
    return this.array[place]!
  }

  /** A view of what is there. */
  values(): Uint32Array {
    return this.array.subarray(0, this.size)
  }
}
