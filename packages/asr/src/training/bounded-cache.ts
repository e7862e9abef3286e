/** Keeps what was used last, up to a number of bytes. */
export class BoundedCache<Value> {
  private readonly entries = new Map<string, { value: Value; bytes: number }>()
  private bytes = 0

  constructor(private readonly most: number) {}

  /** What is kept under a name, or else what `make` makes, which is kept if it fits. */
  get(name: string, make: () => Value, bytesOf: (value: Value) => number): Value {
    const kept = this.entries.get(name)
    if (kept) {
      // A map is in the order of insertion: the last is what was used last.
      this.entries.delete(name)
      this.entries.set(name, kept)
      return kept.value
    }
    const value = make()
    const bytes = bytesOf(value)
    if (bytes > this.most) return value
    this.entries.set(name, { value, bytes })
    this.bytes += bytes
    for (const [other, { bytes }] of this.entries) {
      if (this.bytes <= this.most) break
      this.entries.delete(other)
      this.bytes -= bytes
    }
    return value
  }
}
