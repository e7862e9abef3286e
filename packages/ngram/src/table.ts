import { NgramError } from './errors.js'
import { findWord, type Level } from './model.js'

/** The n-grams of one order as a list, in any order. */
export interface NgramTable {
  /** (n-grams × n) token ids. */
  readonly ids: Int32Array
  /** (n-grams) natural logarithms. */
  readonly logProbs: Float32Array
  /** (n-grams) natural logarithms; ignored at the highest order. */
  readonly backoffs: Float32Array
}

/**
 * Arranges lists of n-grams, one per order, as the trie that `NgramModel` searches.
 * Unigram i must be token i.
 *
 * @throws NgramError when an n-gram occurs twice or when its context is not among the shorter ones
 */
export function buildLevels(tables: readonly NgramTable[]): Level[] {
  const levels: Level[] = []
  tables.forEach((table, i) => {
    const n = i + 1
    const size = table.logProbs.length
    const order = sortedOrder(table.ids, size, n)
    const words = Int32Array.from(order, (entry) => table.ids[entry * n + n - 1]!)
    const previous = levels[i - 1]
    if (previous !== undefined) {
      for (const entry of order) {
        const context = findNode(levels, table.ids, entry * n, n - 1)
        if (context < 0) {
          const ids = table.ids.slice(entry * n, entry * n + n).join(' ')
          throw new NgramError(`the ${n}-gram of tokens ${ids} has no context among the ${n - 1}-grams`)
        }
        previous.children[context + 1]!++
      }
      for (let node = 0; node + 1 < previous.children.length; node++) previous.children[node + 1]! += previous.children[node]!
    }
    const highest = n === tables.length
    levels.push({
      words,
      logProbs: Float32Array.from(order, (entry) => table.logProbs[entry]!),
      backoffs: highest ? new Float32Array(0) : Float32Array.from(order, (entry) => table.backoffs[entry]!),
      children: highest ? new Int32Array(0) : new Int32Array(size + 1),
    })
  })
  return levels
}

/** The entries in ascending order of their ids. */
function sortedOrder(ids: Int32Array, size: number, n: number): Int32Array {
  const compare = (a: number, b: number): number => {
    for (let w = 0; w < n; w++) {
      const difference = ids[a * n + w]! - ids[b * n + w]!
      if (difference !== 0) return difference
    }
    return 0
  }
  const order = Int32Array.from({ length: size }, (_, entry) => entry)
  if (isAscending(order, compare)) return order
  order.sort(compare)
  for (let i = 1; i < size; i++) {
    const entry = order[i]!
    if (compare(order[i - 1]!, entry) === 0) {
      throw new NgramError(`the ${n}-gram of tokens ${ids.slice(entry * n, entry * n + n).join(' ')} occurs twice`)
    }
  }
  return order
}

function isAscending(order: Int32Array, compare: (a: number, b: number) => number): boolean {
  for (let i = 1; i < order.length; i++) if (compare(order[i - 1]!, order[i]!) >= 0) return false
  return true
}

/** The node of the `length` ids from `from` on, or -1. */
function findNode(levels: readonly Level[], ids: Int32Array, from: number, length: number): number {
  let node = ids[from]!
  for (let n = 1; n < length && node >= 0; n++) {
    const { children } = levels[n - 1]!
    node = findWord(levels[n]!.words, children[node]!, children[node + 1]!, ids[from + n]!)
  }
  return node
}
