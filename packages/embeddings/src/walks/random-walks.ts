import { Random } from '@parlance/runtime/session'
import { EmbeddingError } from '../errors.js'
import { aliasTable } from '../sampling/alias-table.js'
import type { Texts } from '../text/read-texts.js'
import { hasEdge, type NodeGraph } from './edge-list.js'

export interface WalkOptions {
  /** How unlikely a walk is to go back where it came from. Default 1. */
  readonly p?: number
  /** How unlikely it is to go on to what is no neighbour of where it came from. Default 1; with p = 1: DeepWalk. */
  readonly q?: number
  /** From each node. Default 10. */
  readonly walks?: number
  /** Nodes of a walk at most; it ends early where no edge leads on. Default 80. */
  readonly length?: number
  /** Default 1. */
  readonly seed?: number
}

/** @throws EmbeddingError for options out of range */
export function resolveWalks({ p = 1, q = 1, walks = 10, length = 80, seed = 1 }: WalkOptions): Required<WalkOptions> {
  for (const [name, value] of [['p', p], ['q', q]] as const) {
    if (!(value > 0 && value < Infinity)) throw new EmbeddingError(`${name} must be a positive number, got ${value}.`)
  }
  for (const [name, value] of [['walks', walks], ['length', length]] as const) {
    if (!Number.isSafeInteger(value) || value < 1) throw new EmbeddingError(`${name} must be a whole number from 1 on, got ${value}.`)
  }
  return { p, q, walks, length, seed }
}

/** Takes the steps of walks over a graph. */
export class Walker {
  /** Of all nodes' edges, each node's own table in the place of its edges: threshold and alias, the latter from 0. */
  private readonly aliases: Uint32Array | undefined
  private readonly most: number

  constructor(
    private readonly graph: NodeGraph,
    private readonly options: Required<WalkOptions>,
  ) {
    const { offsets, weights } = graph
    this.most = Math.max(1, 1 / options.p, 1 / options.q)
    if (!weights) return
    this.aliases = new Uint32Array(2 * weights.length)
    for (let u = 0; u + 1 < offsets.length; u++) {
      const [begin, end] = [offsets[u]!, offsets[u + 1]!]
      if (end > begin) this.aliases.set(aliasTable(weights.subarray(begin, end)), 2 * begin)
    }
  }

  /** A neighbour by the weights of the edges; undefined where there is none. */
  first(node: number, random: Random): number | undefined {
    const { offsets, targets } = this.graph
    const [begin, end] = [offsets[node]!, offsets[node + 1]!]
    if (begin === end) return undefined
    const i = random.integer(end - begin)
    if (!this.aliases) return targets[begin + i]
    return targets[begin + (random.uint32() < this.aliases[2 * (begin + i)]! ? i : this.aliases[2 * (begin + i) + 1]!)]
  }

  /**
   * Where a walk that came from `before` goes on (Grover and Leskovec 2016, section 3.2.2): by the weights of the edges,
   * times 1/p back, 1 to neighbours of `before`, 1/q elsewhere. Drawn by the weights and kept with the share of the largest
   * factor, which is the same distribution (Yang et al. 2019, "KnightKing", section 4.1).
   */
  next(before: number, node: number, random: Random): number | undefined {
    const { p, q } = this.options
    for (;;) {
      const candidate = this.first(node, random)
      if (candidate === undefined || (p === 1 && q === 1)) return candidate
      const share = this.most * random.next()
      const least = Math.min(1, 1 / q)
      // Most are kept without looking for the edge.
      if (candidate !== before && share < least) return candidate
      if (share < (candidate === before ? 1 / p : hasEdge(this.graph, before, candidate) ? 1 : 1 / q)) return candidate
    }
  }
}

/** Walks as node ids: each round begins once at every node, in an order of its own. */
export function* walksOf(graph: NodeGraph, options: WalkOptions = {}): Generator<Int32Array> {
  const resolved = resolveWalks(options)
  const walker = new Walker(graph, resolved)
  const walk = new Int32Array(resolved.length)
  for (let round = 0; round < resolved.walks; round++) {
    const random = new Random(resolved.seed, 'walks', round)
    for (const start of random.permutation(graph.names.length)) {
      walk[0] = start
      let size = 1
      while (size < resolved.length) {
        const node = walk[size - 1]!
        const next = size === 1 ? walker.first(node, random) : walker.next(walk[size - 2]!, node, random)
        if (next === undefined) break
        walk[size++] = next
      }
      yield walk.slice(0, size)
    }
  }
}

const WALKS_A_PIECE = 256

/** Walks as texts to learn vectors from: a walk a line, its nodes' names the words. */
export function walkTexts(graph: NodeGraph, options: WalkOptions = {}): Texts {
  return async function* () {
    let lines: string[] = []
    for (const walk of walksOf(graph, options)) {
      lines.push(Array.from(walk, (node) => graph.names[node]!).join(' '))
      if (lines.length < WALKS_A_PIECE) continue
      yield `${lines.join('\n')}\n`
      lines = []
    }
    if (lines.length > 0) yield `${lines.join('\n')}\n`
  }
}
