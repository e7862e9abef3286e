import type { Random } from '@parlance/runtime/session'
import { EDGE_NUMBERS } from './edge-files.js'

/** Numbers of a chunk: relation, first edge, number of edges. */
export const CHUNK_NUMBERS = 3

/** Chunks that `edges` edges of `relations` relations make at most. */
export function mostChunks(edges: number, relations: number, size: number): number {
  return Math.ceil(edges / size) + relations
}

/**
 * Divides edges at random into chunks of one relation each, in a random order.
 *
 * @param piece relation, left and right of each edge; it is shuffled
 * @param edges for left and right of each edge, chunk by chunk
 * @param chunks for `CHUNK_NUMBERS` a chunk
 * @returns how many chunks there are
 */
export function makeChunks(piece: Uint32Array, relations: number, size: number, random: Random, { edges, chunks }: { edges: Uint32Array; chunks: Int32Array }): number {
  const count = piece.length / EDGE_NUMBERS
  const ends = new Int32Array(relations)
  for (let i = 0; i < count; i++) ends[piece[EDGE_NUMBERS * i]!]!++
  let total = 0
  let made = 0
  for (let relation = 0; relation < relations; relation++) {
    const own = ends[relation]!
    for (let first = 0; first < own; first += size) {
      chunks.set([relation, total + first, Math.min(size, own - first)], CHUNK_NUMBERS * made++)
    }
    total += own
    ends[relation] = total
  }
  for (let i = count - 1; i >= 0; i--) {
    swap(piece, i, random.integer(i + 1))
    const to = 2 * --ends[piece[EDGE_NUMBERS * i]!]!
    edges[to] = piece[EDGE_NUMBERS * i + 1]!
    edges[to + 1] = piece[EDGE_NUMBERS * i + 2]!
  }
  for (let i = made - 1; i > 0; i--) swap(chunks, i, random.integer(i + 1))
  return made
}

/** Exchanges two triples of numbers. */
function swap(values: Uint32Array | Int32Array, i: number, j: number): void {
  for (let n = 0; n < 3; n++) {
    const held = values[3 * i + n]!
    values[3 * i + n] = values[3 * j + n]!
    values[3 * j + n] = held
  }
}
