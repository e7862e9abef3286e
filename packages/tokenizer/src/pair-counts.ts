import { PairIndex } from './pair-index.js'
import { PriorityQueue } from './priority-queue.js'

/**
 * How often each pair of neighbouring ids occurs in a set of words, in which words, and which pair is the most
 * frequent. Counts are exact; the lists of words may name a word twice or one that has lost the pair.
 */
export class PairCounts {
  private readonly index = new PairIndex(1 << 12)
  private counts = new Float64Array(1 << 12)
  /** First node of each pair's list of words, plus one; 0 for an empty list. A node is a word and the next node. */
  private heads = new Int32Array(1 << 12)
  private nodeWords = new Int32Array(1 << 12)
  private nodeNext = new Int32Array(1 << 12)
  private nodes = 0
  /** Freed nodes, linked by `nodeNext`. */
  private free = -1
  /** Pairs whose count grew since the last `requeue`, and a flag of each pair for being among them. */
  private grown: number[] = []
  private isGrown = new Uint8Array(1 << 12)
  /**
   * Keys are negated counts as of queueing, so at least as great as the true ones: a pair whose count fell meanwhile is
   * queued again when it comes up. Equal counts: the smaller first id, then the smaller second.
   */
  private readonly queue = new PriorityQueue((x, y) => {
    const { first, second } = this.index
    return first[x]! < first[y]! || (first[x] === first[y] && second[x]! < second[y]!)
  })

  /** Adds `change` to the count of (a, b); if it is positive, `word` is listed as having the pair. */
  add(a: number, b: number, change: number, word: number): void {
    const pair = this.index.findOrAdd(a, b)
    if (pair >= this.counts.length) this.growPairs()
    this.counts[pair]! += change
    if (change <= 0) return
    if (this.isGrown[pair] === 0) {
      this.isGrown[pair] = 1
      this.grown.push(pair)
    }
    this.link(pair, word)
  }

  /** Queues the pairs whose count grew. To be called after a round of `add` and before `takeMostFrequent`. */
  requeue(): void {
    for (const pair of this.grown) {
      this.isGrown[pair] = 0
      if (this.counts[pair]! > 0) this.queue.push(-this.counts[pair]!, pair)
    }
    this.grown = []
  }

  /** The most frequent pair that occurs at least `minFrequency` times, with its words. */
  takeMostFrequent(minFrequency: number): { a: number; b: number; words: number[] } | undefined {
    while (this.queue.size > 0) {
      const queued = -this.queue.topKey
      const pair = this.queue.pop()
      const count = this.counts[pair]!
      if (count < minFrequency) continue
      if (count !== queued) {
        this.queue.push(-count, pair)
        continue
      }
      return { a: this.index.first[pair]!, b: this.index.second[pair]!, words: this.unlinkAll(pair) }
    }
    return undefined
  }

  /** Sets the count of a pair to 0, once no word has it any more. */
  forget(a: number, b: number): void {
    this.counts[this.index.find(a, b)] = 0
  }

  private link(pair: number, word: number): void {
    const head = this.heads[pair]! - 1
    if (head >= 0 && this.nodeWords[head] === word) return
    let node = this.free
    if (node >= 0) {
      this.free = this.nodeNext[node]!
    } else {
      if (this.nodes === this.nodeWords.length) {
        this.nodeWords = enlarged(this.nodeWords, Int32Array)
        this.nodeNext = enlarged(this.nodeNext, Int32Array)
      }
      node = this.nodes++
    }
    this.nodeWords[node] = word
    this.nodeNext[node] = head
    this.heads[pair] = node + 1
  }

  private unlinkAll(pair: number): number[] {
    const words: number[] = []
    let node = this.heads[pair]! - 1
    while (node >= 0) {
      words.push(this.nodeWords[node]!)
      const next = this.nodeNext[node]!
      this.nodeNext[node] = this.free
      this.free = node
      node = next
    }
    this.heads[pair] = 0
    return words
  }

  private growPairs(): void {
    this.counts = enlarged(this.counts, Float64Array)
    this.heads = enlarged(this.heads, Int32Array)
    this.isGrown = enlarged(this.isGrown, Uint8Array)
  }
}

interface Growable {
  readonly length: number
  set(array: ArrayLike<number>): void
}

function enlarged<T extends Growable & ArrayLike<number>>(array: T, make: new (length: number) => T): T {
  const copy = new make(array.length * 2)
  copy.set(array)
  return copy
}
