import { PairIndex } from './pair-index.js'
import { PriorityQueue } from './priority-queue.js'

/** A merge of two neighbouring ids into one. */
export type Merge = readonly [left: number, right: number, merged: number]

/**
 * Applies merges to one word: always the one of lowest rank that is possible, the leftmost first. A linked list and a
 * queue make a word of n symbols cost O(n log n).
 */
export class WordMerger {
  private readonly pairs: PairIndex
  private readonly rank: Int32Array
  private readonly merged: Int32Array
  private readonly queue = new PriorityQueue((x, y) => x < y)
  private symbols = new Int32Array(0)
  private next = new Int32Array(0)
  private previous = new Int32Array(0)

  /** A pair that is listed twice has its later rank, as in Hugging Face `tokenizers`. */
  constructor(merges: readonly Merge[]) {
    this.pairs = new PairIndex(merges.length)
    this.rank = new Int32Array(merges.length)
    this.merged = new Int32Array(merges.length)
    for (const [rank, [left, right, merged]] of merges.entries()) {
      const pair = this.pairs.findOrAdd(left, right)
      this.rank[pair] = rank
      this.merged[pair] = merged
    }
  }

  merge(word: Int32Array): Int32Array {
    if (word.length < 2) return word
    this.load(word)
    const { symbols, next, queue } = this
    for (let at = 0; at + 1 < word.length; at++) this.propose(at)
    let length = word.length
    while (queue.size > 0) {
      const rank = queue.topKey
      const at = queue.pop()
      const right = next[at]!
      // Stale: since this was proposed, the symbol was merged into its neighbour, or the pair became another.
      if (right < 0) continue
      const pair = this.pairs.find(symbols[at]!, symbols[right]!)
      if (pair < 0 || this.rank[pair] !== rank) continue
      symbols[at] = this.merged[pair]!
      this.unlink(right)
      length--
      this.propose(at)
      if (this.previous[at]! >= 0) this.propose(this.previous[at]!)
    }
    const result = new Int32Array(length)
    for (let i = 0, at = 0; i < length; i++, at = next[at]!) result[i] = symbols[at]!
    return result
  }

  private load(word: Int32Array): void {
    if (this.symbols.length < word.length) {
      this.symbols = new Int32Array(word.length * 2)
      this.next = new Int32Array(word.length * 2)
      this.previous = new Int32Array(word.length * 2)
    }
    this.symbols.set(word)
    for (let i = 0; i < word.length; i++) {
      this.next[i] = i + 1
      this.previous[i] = i - 1
    }
    this.next[word.length - 1] = -1
  }

  /** Queues the merge of the symbol at this place with its successor, if there is one. */
  private propose(at: number): void {
    const right = this.next[at]!
    if (right < 0) return
    const pair = this.pairs.find(this.symbols[at]!, this.symbols[right]!)
    if (pair >= 0) this.queue.push(this.rank[pair]!, at)
  }

  private unlink(at: number): void {
    const left = this.previous[at]!
    const right = this.next[at]!
    this.next[left] = right
    if (right >= 0) this.previous[right] = left
    this.next[at] = -1
  }
}
