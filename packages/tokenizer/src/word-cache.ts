/** Words per generation: two of them take some tens of megabytes. */
const GENERATION = 1 << 16

/**
 * Remembers the ids of words, bounded: when the newer of two generations is full, the older one is dropped. What is
 * used goes to the newer one, so common words stay.
 */
export class WordCache {
  private newer = new Map<string, Int32Array>()
  private older = new Map<string, Int32Array>()

  get(word: string): Int32Array | undefined {
    const ids = this.newer.get(word)
    if (ids !== undefined) return ids
    const old = this.older.get(word)
    if (old !== undefined) this.set(word, old)
    return old
  }

  set(word: string, ids: Int32Array): void {
    if (this.newer.size >= GENERATION) {
      this.older = this.newer
      this.newer = new Map()
    }
    this.newer.set(word, ids)
  }
}
