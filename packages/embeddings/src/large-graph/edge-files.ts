import { closeSync, mkdirSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfig, readJson } from '@parlance/nn/command-line'
import { writeError, writeFileAtomic } from '@parlance/runtime/session'
import { z } from 'zod'
import { EmbeddingError } from '../errors.js'
import { type Bucket, insideOut } from './bucket-order.js'
import { type GraphShape, graphShapeSchema, placeOf, tablesOf } from './shape.js'

/** Numbers of an edge in a file: relation, row on the left, row on the right; uint32, little-endian as every platform is. */
export const EDGE_NUMBERS = 3
/** Edges that are held back for each bucket, all buckets together. */
const BUFFERED_EDGES = 1 << 20

const edgeFilesSchema = z.object({
  type: z.literal('graph-edges'),
  shape: graphShapeSchema,
  buckets: z.array(z.object({ left: z.int().min(0), right: z.int().min(0), edges: z.int().min(1) })),
})

/** A bucket with edges, and the file that holds them. */
export interface EdgeFile extends Bucket {
  readonly edges: number
  readonly path: string
}

/** Edges on disk, in a file for each pair of partitions. */
export interface EdgeFiles {
  readonly folder: string
  readonly shape: GraphShape
  /** In the order in which training goes through them. */
  readonly buckets: readonly EdgeFile[]
  readonly edges: number
}

const bucketPath = (folder: string, { left, right }: Bucket) => join(folder, `bucket-${left}-${right}.bin`)

/** Divides edges into files by the partitions of their entities. */
export class EdgeWriter {
  private readonly side: number
  private readonly buffers: (Uint32Array | undefined)[] = []
  private readonly filled: number[] = []
  private readonly written: number[] = []
  private readonly capacity: number

  /** @param folder where the files go; made if it is not there */
  constructor(
    readonly folder: string,
    private readonly shape: GraphShape,
  ) {
    mkdirSync(folder, { recursive: true })
    this.side = Math.max(...shape.entities.map(tablesOf))
    this.capacity = EDGE_NUMBERS * Math.max(256, Math.floor(BUFFERED_EDGES / this.side ** 2))
  }

  /** @param left, right entities of the relation's types */
  add(relation: number, left: number, right: number): void {
    const { left: leftType, right: rightType } = this.shape.relations[relation]!
    const from = placeOf(this.shape.entities[leftType]!, left)
    const to = placeOf(this.shape.entities[rightType]!, right)
    const bucket = from.table * this.side + to.table
    const buffer = (this.buffers[bucket] ??= new Uint32Array(this.capacity))
    let at = this.filled[bucket] ?? 0
    buffer[at++] = relation
    buffer[at++] = from.row
    buffer[at++] = to.row
    this.filled[bucket] = at
    if (at === this.capacity) this.flush(bucket)
  }

  private flush(bucket: number): void {
    const size = this.filled[bucket]!
    const path = bucketPath(this.folder, { left: Math.floor(bucket / this.side), right: bucket % this.side })
    const done = this.written[bucket] ?? 0
    try {
      const descriptor = openSync(path, done === 0 ? 'w' : 'a')
      try {
        const bytes = new Uint8Array(this.buffers[bucket]!.buffer, 0, 4 * size)
        for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at)
      } finally {
        closeSync(descriptor)
      }
    } catch (error) {
      throw writeError(path, error)
    }
    this.written[bucket] = done + size / EDGE_NUMBERS
    this.filled[bucket] = 0
  }

  /** Writes what is left. @throws EmbeddingError where there were no edges */
  close(): EdgeFiles {
    for (const [bucket, size] of this.filled.entries()) if (size) this.flush(bucket)
    const buckets = insideOut(this.side).flatMap(({ left, right }) => {
      const edges = this.written[left * this.side + right]
      return edges ? [{ left, right, edges }] : []
    })
    if (buckets.length === 0) throw new EmbeddingError('There are no edges to train on.')
    writeFileAtomic(join(this.folder, 'edges.json'), `${JSON.stringify({ type: 'graph-edges', shape: this.shape, buckets }, null, 2)}\n`)
    return openEdges(this.folder)
  }
}

/** Opens a folder that an `EdgeWriter` left. @throws for a folder that is not whole */
export function openEdges(folder: string): EdgeFiles {
  const file = join(folder, 'edges.json')
  const { shape, buckets } = parseConfig(edgeFilesSchema, readJson(file), file)
  const files = buckets.map((bucket) => ({ ...bucket, path: bucketPath(folder, bucket) }))
  for (const { path, edges } of files) {
    const { size } = statSync(path)
    if (size !== 4 * EDGE_NUMBERS * edges) throw new EmbeddingError(`${path}: should have ${4 * EDGE_NUMBERS * edges} bytes, has ${size}: write the edges again.`)
  }
  return { folder, shape, buckets: files, edges: files.reduce((sum, { edges }) => sum + edges, 0) }
}

/** The edges of a file in pieces of `size` at most: relation, left row and right row of each, in memory used again. */
export function* edgePieces({ path, edges }: EdgeFile, size: number): Generator<Uint32Array> {
  const piece = new Uint32Array(EDGE_NUMBERS * Math.min(size, edges))
  const descriptor = openSync(path, 'r')
  try {
    for (let first = 0; first < edges; first += size) {
      const bytes = new Uint8Array(piece.buffer, 0, 4 * EDGE_NUMBERS * Math.min(size, edges - first))
      for (let at = 0; at < bytes.length;) {
        const read = readSync(descriptor, bytes, at, bytes.length - at, 4 * EDGE_NUMBERS * first + at)
        if (read === 0) throw new EmbeddingError(`${path}: was cut short while it was used.`)
        at += read
      }
      yield piece.subarray(0, bytes.length / 4)
    }
  } finally {
    closeSync(descriptor)
  }
}
