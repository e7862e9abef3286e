import { EmbeddingError } from '../errors.js'
import { linesOf, readTexts } from '../text/read-texts.js'

/** A graph for walks: the neighbours of each node lie together, in ascending order. */
export interface NodeGraph {
  readonly names: readonly string[]
  /** The edges from node u are `offsets[u]` … `offsets[u + 1] − 1`. */
  readonly offsets: Int32Array
  readonly targets: Int32Array
  /** Of each edge; none where all are 1. */
  readonly weights?: Float64Array
}

export interface EdgeListOptions {
  /** Whether edges lead one way only. Default false. */
  readonly directed?: boolean
  /** Whether a third column holds weights. Default false. */
  readonly weighted?: boolean
}

/**
 * Reads a graph: a line is two nodes, with a weight behind them if so wanted, separated by spaces or tabs; of gzip too.
 * Lines that are empty or begin with # are left out. An edge that is there several times is one; its weights add up.
 *
 * @throws EmbeddingError that names file and line
 */
export async function readEdgeList(file: string, { directed = false, weighted = false }: EdgeListOptions = {}): Promise<NodeGraph> {
  const ids = new Map<string, number>()
  const idOf = (name: string): number => {
    const known = ids.get(name)
    if (known !== undefined) return known
    ids.set(name, ids.size)
    return ids.size - 1
  }
  const [from, to, weights]: [number[], number[], number[]] = [[], [], []]
  let at = 0
  for await (const { line } of linesOf(readTexts([file])())) {
    at++
    const fields = line.trim().split(/\s+/)
    if (fields[0] === '' || fields[0]!.startsWith('#')) continue
    const wanted = weighted ? 3 : 2
    if (fields.length !== wanted) {
      throw new EmbeddingError(`${file}, line ${at}: expected two nodes${weighted ? ' and a weight' : ''}, got ${fields.length} fields${fields.length === 3 ? ': is the graph weighted?' : '.'}`)
    }
    const weight = weighted ? Number(fields[2]) : 1
    if (!(weight > 0 && weight < Infinity)) throw new EmbeddingError(`${file}, line ${at}: a weight must be a positive number, got ${fields[2]}.`)
    from.push(idOf(fields[0]!))
    to.push(idOf(fields[1]!))
    weights.push(weight)
  }
  if (from.length === 0) throw new EmbeddingError(`${file}: holds no edges.`)
  return nodeGraph([...ids.keys()], { from, to, ...(weighted && { weights }) }, { directed })
}

/** A graph of edges by ids. */
export function nodeGraph(
  names: readonly string[],
  { from, to, weights }: { readonly from: ArrayLike<number>; readonly to: ArrayLike<number>; readonly weights?: ArrayLike<number> },
  { directed = false }: Pick<EdgeListOptions, 'directed'> = {},
): NodeGraph {
  const neighbours = names.map(() => new Map<number, number>())
  const add = (u: number, v: number, weight: number) => void neighbours[u]!.set(v, (neighbours[u]!.get(v) ?? 0) + weight)
  for (let e = 0; e < from.length; e++) {
    const weight = weights ? weights[e]! : 1
    add(from[e]!, to[e]!, weight)
    if (!directed && from[e] !== to[e]) add(to[e]!, from[e]!, weight)
  }
  const offsets = new Int32Array(names.length + 1)
  for (const [u, own] of neighbours.entries()) offsets[u + 1] = offsets[u]! + own.size
  const targets = new Int32Array(offsets[names.length]!)
  const all = new Float64Array(targets.length)
  for (const [u, own] of neighbours.entries()) {
    let at = offsets[u]!
    for (const v of [...own.keys()].sort((a, b) => a - b)) {
      targets[at] = v
      all[at++] = own.get(v)!
    }
  }
  return { names, offsets, targets, ...(weights && { weights: all }) }
}

/** Whether there is an edge from u to v. */
export function hasEdge({ offsets, targets }: NodeGraph, u: number, v: number): boolean {
  let [low, high] = [offsets[u]!, offsets[u + 1]!]
  while (low < high) {
    const middle = (low + high) >> 1
    if (targets[middle]! < v) low = middle + 1
    else high = middle
  }
  return low < offsets[u + 1]! && targets[low] === v
}
