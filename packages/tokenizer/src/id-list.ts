/** A growing list of ids in one typed array. */
export class IdList {
  private ids: Int32Array
  private length = 0

  constructor(capacity: number) {
    this.ids = new Int32Array(Math.max(16, capacity))
  }

  push(id: number): void {
    if (this.length === this.ids.length) this.grow(1)
    this.ids[this.length++] = id
  }

  pushAll(ids: Int32Array): void {
    if (this.length + ids.length > this.ids.length) this.grow(ids.length)
    // Words have a handful of tokens: a loop is faster than `set`.
    for (let i = 0; i < ids.length; i++) this.ids[this.length++] = ids[i]!
  }

  toArray(): Int32Array {
    return this.ids.slice(0, this.length)
  }

  private grow(extra: number): void {
    const ids = new Int32Array(Math.max(this.ids.length * 2, this.length + extra))
    ids.set(this.ids)
    this.ids = ids
  }
}
