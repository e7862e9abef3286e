import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync } from 'node:fs'
import { readJson } from '@parlance/nn/command-line'
import { writeFileAtomic } from '@parlance/runtime/session'
import type { Index } from 'usearch'
import { z } from 'zod'
import { EmbeddingError } from '../errors.js'
import type { Found, SearchIndex } from './search-index.js'
import { unitRows } from './unit-rows.js'
import type { WordVectors } from './word-vectors.js'

export interface HnswOptions {
  /** M: neighbours of each vector in the graph. Default 16. */
  readonly connectivity?: number
  /** efConstruction: candidates that are looked at when a vector is added. Default 128. */
  readonly expansionAdd?: number
  /** ef: candidates that are looked at in a search; more find more of the nearest and take longer. Default 64. */
  readonly expansionSearch?: number
  /** That add vectors. Default 0: as many as there are processors. With one the index is the same each time. */
  readonly threads?: number
}

/** What stands beside an index: USearch trusts what it reads, so only files that it wrote itself are given to it. */
const noteSchema = z.object({ type: z.literal('hnsw'), index: z.string(), vectors: z.string() })

const noteOf = (file: string) => `${file}.json`

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function hashOfVectors({ values, width }: WordVectors): string {
  return `${width}:${hashOf(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))}`
}

async function emptyIndex(dimensions: number, options: HnswOptions): Promise<Index> {
  const { connectivity = 16, expansionAdd = 128, expansionSearch = 64 } = options
  const { Index: Constructor, MetricKind, ScalarKind } = await import('usearch').catch((error: unknown) => {
    throw new EmbeddingError(
      `HNSW needs the optional package usearch, which cannot be loaded on ${process.platform}-${process.arch}: install it, or search exactly.`,
      { cause: error },
    )
  })
  return new Constructor({
    dimensions,
    metric: MetricKind.Cos,
    quantization: ScalarKind.F32,
    connectivity,
    expansion_add: expansionAdd,
    expansion_search: expansionSearch,
    multi: false,
  })
}

/**
 * Approximate search in a graph of neighbours (HNSW; Malkov and Yashunin 2018), by USearch. Zero vectors are not in it.
 */
export class HnswIndex implements SearchIndex {
  private constructor(
    private readonly index: Index,
    private readonly vectorsHash: string,
  ) {}

  /** @throws EmbeddingError where usearch is not installed */
  static async build(vectors: WordVectors, options: HnswOptions = {}): Promise<HnswIndex> {
    const { width, size } = vectors
    const index = await emptyIndex(width, options)
    const units = unitRows(vectors.values, width)
    const rows = Array.from({ length: size }, (_, i) => i).filter((i) => units.subarray(i * width, (i + 1) * width).some((value) => value !== 0))
    const kept = new Float32Array(rows.length * width)
    for (const [i, row] of rows.entries()) kept.set(units.subarray(row * width, (row + 1) * width), i * width)
    index.add(BigUint64Array.from(rows, BigInt), kept, options.threads ?? 0)
    return new HnswIndex(index, hashOfVectors(vectors))
  }

  /**
   * Reads an index that was saved, of the same vectors.
   *
   * @throws EmbeddingError for a file that is missing, damaged or an index of other vectors
   */
  static async load(file: string, vectors: WordVectors, options: Pick<HnswOptions, 'expansionSearch'> = {}): Promise<HnswIndex> {
    const note = noteSchema.safeParse(readJson(noteOf(file)))
    if (!note.success) throw new EmbeddingError(`${noteOf(file)}: does not describe an index of vectors: make the index anew.`)
    if (note.data.vectors !== hashOfVectors(vectors)) {
      throw new EmbeddingError(`${file}: is an index of other vectors than these ${vectors.size} of ${vectors.width}: remove it and make it anew.`)
    }
    if (hashOf(bytesOf(file)) !== note.data.index) throw new EmbeddingError(`${file}: is not what was written: it is damaged; remove it and make it anew.`)
    const index = await emptyIndex(vectors.width, options)
    index.load(file)
    return new HnswIndex(index, note.data.vectors)
  }

  /**
   * Writes the index in USearch's format, atomically, and `<file>.json` with checksums of it and of the vectors.
   *
   * @throws EmbeddingError when it cannot be written
   */
  save(file: string): void {
    const temporary = `${file}.${process.pid}.tmp`
    try {
      this.index.save(temporary)
      renameSync(temporary, file)
    } catch (error) {
      rmSync(temporary, { force: true })
      throw new EmbeddingError(`${file}: cannot be written: ${(error as Error).message}.`, { cause: error })
    }
    const note = { type: 'hnsw', index: hashOf(bytesOf(file)), vectors: this.vectorsHash }
    writeFileAtomic(noteOf(file), `${JSON.stringify(note, null, 2)}\n`)
  }

  search(unit: Float32Array, count: number): Found[] {
    const size = Number(this.index.size())
    if (size === 0 || count === 0) return []
    const { keys, distances } = this.index.search(unit, Math.min(count, size), 1)
    return Array.from(keys as BigUint64Array, (key, i) => ({ row: Number(key), similarity: 1 - (distances as Float32Array)[i]! }))
  }
}

function bytesOf(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new EmbeddingError(`${file}: cannot be read: ${(error as Error).message}.`, { cause: error })
  }
}
