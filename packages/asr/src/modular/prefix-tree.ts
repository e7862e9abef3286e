import { UsageError } from '@parlance/nn/command-line'
import type { Pronunciation } from './lexicon.js'

/**
 * Pronunciations as a tree in which words that begin alike share their beginnings. Node 0 is the root; a node comes after the one
 * that it continues.
 */
export class PrefixTree {
  /** Every word once, sorted by code unit; searches number them like this. */
  readonly words: readonly string[]
  /** (nodes) token of the acoustic model; that of the root means nothing. */
  readonly tokens: readonly number[]
  /** Of each node those that continue it. */
  readonly children: readonly (readonly number[])[]
  /** Of each node the words whose pronunciation it completes. */
  readonly ends: readonly (readonly number[])[]

  /**
   * @param tokenOf a phone's token of the acoustic model, undefined for one that it does not know
   * @param source what the pronunciations came from, for messages
   * @throws UsageError for unknown phones
   */
  constructor(pronunciations: readonly Pronunciation[], tokenOf: (phone: string) => number | undefined, source: string) {
    this.words = [...new Set(pronunciations.map(({ word }) => word))].sort()
    const ids = new Map(this.words.map((word, id) => [word, id]))
    const tokens = [-1]
    const children: Map<number, number>[] = [new Map()]
    const ends: number[][] = [[]]
    for (const { word, phones } of pronunciations) {
      let node = 0
      for (const phone of phones) {
        const token = tokenOf(phone)
        if (token === undefined) {
          throw new UsageError(`${source}: the acoustic model has no phone ${JSON.stringify(phone)}, which ${JSON.stringify(word)} needs: give the lexicon that it was trained with.`)
        }
        let next = (children[node] as Map<number, number>).get(token)
        if (next === undefined) {
          next = tokens.push(token) - 1
          children.push(new Map())
          ends.push([])
          ;(children[node] as Map<number, number>).set(token, next)
        }
        node = next
      }
      const id = ids.get(word) as number
      const here = ends[node] as number[]
      if (!here.includes(id)) here.push(id)
    }
    this.tokens = tokens
    this.children = children.map((map) => [...map.values()])
    this.ends = ends
  }

  /**
   * @param scores (words)
   * @returns (nodes) of each node the greatest score of a word that it leads to
   */
  lookAhead(scores: ArrayLike<number>): Float64Array {
    const best = new Float64Array(this.tokens.length).fill(-Infinity)
    for (let node = best.length - 1; node >= 0; node--) {
      let score = -Infinity
      for (const word of this.ends[node] as readonly number[]) score = Math.max(score, scores[word] as number)
      for (const child of this.children[node] as readonly number[]) score = Math.max(score, best[child] as number)
      best[node] = score
    }
    return best
  }
}
