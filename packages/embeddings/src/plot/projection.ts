import { createRequire } from 'node:module'
import { UMAP } from 'umap-js'
import { EmbeddingError } from '../errors.js'
import { unitRows } from '../vectors/unit-rows.js'
import type { WordVectors } from '../vectors/word-vectors.js'

export interface ProjectionOptions {
  /**
   * `umap` (McInnes, Healy and Melville 2018), by umap-js, or `tsne` (van der Maaten and Hinton 2008), exact and so with the
   * square of the number of points, by @keckelt/tsne. Default umap.
   */
  readonly method?: 'umap' | 'tsne'
  /** UMAP's neighbours and t-SNE's perplexity: large ones show the whole, small ones groups. Default 15 and 30. */
  readonly neighbours?: number
  /** Of t-SNE. Default 500. */
  readonly iterations?: number
  /** Default 1. */
  readonly seed?: number
}

/** Uniform in [0, 1), by mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

type Points = readonly (readonly number[])[]

function umap(rows: number[][], { neighbours = 15, seed = 1 }: ProjectionOptions): Points {
  return new UMAP({ nComponents: 2, nNeighbors: Math.min(neighbours, rows.length - 1), minDist: 0.1, random: randomOf(seed) }).fit(rows)
}

/** For a CommonJS package, whose names Node does not see in an import. */
const require = createRequire(import.meta.url)

/** What is used of t-SNE's package, whose own types are looser. */
interface Tsne {
  initDataRaw(rows: number[][]): void
  step(): number
  getSolution(): number[][]
}

function tsne(rows: number[][], { neighbours = 30, iterations = 500, seed = 1 }: ProjectionOptions): Points {
  const { TSNE } = require('@keckelt/tsne') as { TSNE: new (options: object) => Tsne }
  const map = new TSNE({ dim: 2, perplexity: Math.max(2, Math.min(neighbours, (rows.length - 1) / 3)), epsilon: 10 })
  // It takes its first positions from Math.random and has no seed: for that call, which nothing else runs beside, it gets one.
  const { random } = Math
  Math.random = randomOf(seed)
  try {
    map.initDataRaw(rows)
  } finally {
    Math.random = random
  }
  for (let i = 0; i < iterations; i++) map.step()
  return map.getSolution()
}

/**
 * Places vectors in the plane so that those of a small angle lie near each other. One seed gives the same places.
 *
 * @returns (size, 2), each coordinate centred and the larger extent within ±1
 * @throws EmbeddingError for fewer than four vectors
 */
export function projectVectors(vectors: WordVectors, options: ProjectionOptions = {}): Float64Array {
  const { size, width } = vectors
  if (size < 4) throw new EmbeddingError(`A map needs four vectors at least, got ${size}.`)
  const units = unitRows(vectors.values, width)
  const rows = Array.from({ length: size }, (_, i) => Array.from(units.subarray(i * width, (i + 1) * width)))
  const points = (options.method === 'tsne' ? tsne : umap)(rows, options)
  const bounds = [0, 1].map((axis) => {
    const values = points.map((point) => point[axis]!)
    return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)] as const, [Infinity, -Infinity] as const)
  })
  const extent = Math.max(...bounds.map(([low, high]) => high - low)) || 1
  return Float64Array.from({ length: 2 * size }, (_, i) => {
    const [low, high] = bounds[i % 2]!
    return (2 * points[i >> 1]![i % 2]! - low - high) / extent
  })
}
