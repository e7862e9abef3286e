import { closeSync, existsSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { locateSafetensors, writeError, writeSafetensors } from '@parlance/runtime/session'
import { EmbeddingError } from '../errors.js'
import type { SharedArena } from '../memory/shared-arena.js'
import { entitiesIn, type EntityType, type GraphShape, tablesOf } from './shape.js'

/** The file of a table: `vectors` (rows, dim), and `adagrad` (rows), the sums of squares of row-wise Adagrad. */
export function tablePath(folder: string, { name }: EntityType, table: number): string {
  return join(folder, `${name}-${table}.safetensors`)
}

/** Rows of a table: entities, or the features that they have in common. */
export function rowsIn(type: EntityType, table: number): number {
  return type.features || entitiesIn(type, table)
}

/** Where a table lies in the shared memory. */
interface Slot {
  readonly vectors: number
  readonly state: number
  table: number | undefined
  changed: boolean
}

export interface ResidentTable {
  readonly vectors: number
  readonly state: number
}

export interface TableOptions {
  readonly folder: string
  readonly shape: GraphShape
  readonly dim: number
  /** Sets the vectors of a table that has no file yet, `count` numbers at `address`. */
  readonly initialize: (type: number, table: number, address: number, count: number) => void
}

/** Tables in shared memory, two of a type at a time; the others are in files. */
export class ResidentTables {
  private readonly slots: Slot[][]

  constructor(
    private readonly arena: SharedArena,
    private readonly options: TableOptions,
  ) {
    const { shape, dim } = options
    this.slots = shape.entities.map((type) => {
      const rows = Math.max(...Array.from({ length: tablesOf(type) }, (_, table) => rowsIn(type, table)))
      return Array.from({ length: Math.min(2, tablesOf(type)) }, () => ({
        vectors: arena.take(4 * rows * dim),
        state: arena.take(4 * rows),
        table: undefined,
        changed: false,
      }))
    })
  }

  /**
   * Brings tables of a type into memory, one or two, and writes what goes.
   *
   * @param changes whether each is about to be trained
   */
  take(type: number, tables: readonly number[], changes: (table: number) => boolean): ResidentTable[] {
    const slots = this.slots[type]!
    return tables.map((table) => {
      let slot = slots.find((each) => each.table === table)
      if (!slot) {
        slot = slots.find((each) => each.table === undefined) ?? slots.find((each) => !tables.includes(each.table!))!
        this.save(type, slot)
        this.load(type, table, slot)
      }
      slot.changed ||= changes(table)
      return slot
    })
  }

  /** Writes all that was changed. */
  flush(): void {
    for (const [type, slots] of this.slots.entries()) for (const slot of slots) this.save(type, slot)
  }

  private save(type: number, slot: Slot): void {
    if (slot.table === undefined || !slot.changed) return
    const { vectors, state } = this.views(type, slot.table, slot)
    const { folder, shape, dim } = this.options
    const path = tablePath(folder, shape.entities[type]!, slot.table)
    // In place: where that is cut short, some rows are as they were before, which are vectors as good.
    if (existsSync(path)) overwriteTable(path, { vectors, adagrad: state })
    else {
      writeSafetensors(path, new Map([
        ['vectors', { dtype: 'F32', shape: [state.length, dim], data: vectors }],
        ['adagrad', { dtype: 'F32', shape: [state.length], data: state }],
      ]))
    }
    slot.changed = false
  }

  private load(type: number, table: number, slot: Slot): void {
    const { folder, shape, initialize } = this.options
    const path = tablePath(folder, shape.entities[type]!, table)
    const { vectors, state } = this.views(type, table, slot)
    slot.table = undefined
    if (existsSync(path)) readTable(path, { vectors, adagrad: state })
    else {
      state.fill(0)
      initialize(type, table, slot.vectors, vectors.length)
      slot.changed = true
    }
    slot.table = table
  }

  private views(type: number, table: number, { vectors, state }: Slot) {
    const rows = rowsIn(this.options.shape.entities[type]!, table)
    return { vectors: this.arena.float32(vectors, rows * this.options.dim), state: this.arena.float32(state, rows) }
  }
}

/** One call reads or writes less than 2 GiB on Linux. */
const MOST_BYTES = 1 << 30

/** Bytes of float32 tensors in memory, each with where they lie in a file. @throws EmbeddingError for tensors of another size */
function placed(path: string, tensors: Readonly<Record<string, Float32Array>>): { bytes: Uint8Array; offset: number }[] {
  const locations = locateSafetensors(path)
  return Object.entries(tensors).map(([name, { buffer, byteOffset, byteLength, length }]) => {
    const found = locations.get(name)
    if (found?.dtype !== 'F32' || found.length !== byteLength) {
      throw new EmbeddingError(`${path}: should hold ${length} numbers (F32) as ${name}, has ${found ? `${found.dtype} of shape ${found.shape.join(' × ')}` : 'none'}.`)
    }
    return { bytes: new Uint8Array(buffer, byteOffset, byteLength), offset: found.offset }
  })
}

/** Reads float32 tensors of a file to where they are wanted. @throws EmbeddingError for tensors of another size */
export function readTable(path: string, wanted: Readonly<Record<string, Float32Array>>): void {
  const parts = placed(path, wanted)
  const descriptor = openSync(path, 'r')
  try {
    for (const { bytes, offset } of parts) {
      for (let at = 0; at < bytes.length;) {
        const read = readSync(descriptor, bytes, at, Math.min(MOST_BYTES, bytes.length - at), offset + at)
        if (read === 0) throw new EmbeddingError(`${path}: was cut short while it was read.`)
        at += read
      }
    }
  } finally {
    closeSync(descriptor)
  }
}

function overwriteTable(path: string, tensors: Readonly<Record<string, Float32Array>>): void {
  const parts = placed(path, tensors)
  try {
    const descriptor = openSync(path, 'r+')
    try {
      for (const { bytes, offset } of parts) {
        for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, Math.min(MOST_BYTES, bytes.length - at), offset + at)
      }
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    throw writeError(path, error)
  }
}
