/**
 * A binary heap of (key, value) in typed arrays that gives the smallest key first; among equal keys `before(x, y)` says
 * whether value x comes before value y.
 */
export class PriorityQueue {
  size = 0
  private keys = new Float64Array(64)
  private values = new Int32Array(64)

  constructor(private readonly before: (x: number, y: number) => boolean) {}

  /** Key of the first entry; meaningless in an empty queue. */
  get topKey(): number {
    return this.keys[0]!
  }

  push(key: number, value: number): void {
    if (this.size === this.keys.length) this.grow()
    let at = this.size++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.precedes(key, value, parent)) break
      this.keys[at] = this.keys[parent]!
      this.values[at] = this.values[parent]!
      at = parent
    }
    this.keys[at] = key
    this.values[at] = value
  }

  /** Removes the first entry and returns its value; the queue must not be empty. */
  pop(): number {
    const top = this.values[0]!
    const last = --this.size
    const key = this.keys[last]!
    const value = this.values[last]!
    let at = 0
    for (let child = 1; child < last; child = 2 * at + 1) {
      if (child + 1 < last && this.precedes(this.keys[child + 1]!, this.values[child + 1]!, child)) child++
      if (this.precedes(key, value, child)) break
      this.keys[at] = this.keys[child]!
      this.values[at] = this.values[child]!
      at = child
    }
    this.keys[at] = key
    this.values[at] = value
    return top
  }

  private precedes(key: number, value: number, at: number): boolean {
    const other = this.keys[at]!
    return key < other || (key === other && this.before(value, this.values[at]!))
  }

  private grow(): void {
    const keys = new Float64Array(this.keys.length * 2)
    const values = new Int32Array(this.values.length * 2)
    keys.set(this.keys)
    values.set(this.values)
    this.keys = keys
    this.values = values
  }
}
