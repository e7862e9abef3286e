/**
 * Numbers pairs of ids: an open-addressing hash table in typed arrays. Pairs get the indices 0, 1, 2, … in order of
 * insertion; what belongs to a pair is kept outside, in arrays under its index.
 */
export class PairIndex {
  /** First and second id of each pair, by index; longer than `size`. */
  first: Int32Array
  second: Int32Array
  size = 0
  private slots: Int32Array

  constructor(capacity: number) {
    const slots = 1 << Math.ceil(Math.log2(Math.max(16, capacity * 2)))
    this.slots = new Int32Array(slots).fill(-1)
    this.first = new Int32Array(slots / 2)
    this.second = new Int32Array(slots / 2)
  }

  /** Index of the pair, −1 if it has none. */
  find(a: number, b: number): number {
    return this.slots[this.slotOf(a, b)]!
  }

  findOrAdd(a: number, b: number): number {
    const slot = this.slotOf(a, b)
    const index = this.slots[slot]!
    if (index >= 0) return index
    if (this.size === this.first.length) {
      this.grow()
      return this.findOrAdd(a, b)
    }
    this.slots[slot] = this.size
    this.first[this.size] = a
    this.second[this.size] = b
    return this.size++
  }

  /** The slot that holds the pair, or the free one where it belongs. */
  private slotOf(a: number, b: number): number {
    const mask = this.slots.length - 1
    let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)
    hash ^= hash >>> 15
    let slot = Math.imul(hash, 0x2c1b3c6d) >>> 7
    for (slot &= mask; ; slot = (slot + 1) & mask) {
      const index = this.slots[slot]!
      if (index < 0 || (this.first[index] === a && this.second[index] === b)) return slot
    }
  }

  private grow(): void {
    const { first, second, size } = this
    this.slots = new Int32Array(this.slots.length * 2).fill(-1)
    this.first = new Int32Array(first.length * 2)
    this.second = new Int32Array(second.length * 2)
    this.size = 0
    for (let i = 0; i < size; i++) this.findOrAdd(first[i]!, second[i]!)
  }
}
