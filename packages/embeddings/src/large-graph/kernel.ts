import type { SharedArena } from '../memory/shared-arena.js'

/** What the kernel of large graphs exports; see `assembly/graph.ts`. Addresses are in the shared memory. */
export interface GraphKernel {
  scratchBytes(settings: number): number
  start(settings: number, scratch: number, seed: bigint): void
  train(): void
  lossOfThread(): number
  edgesOfThread(): number
  randomize(at: number, count: number, limit: number): void
  score(relation: number, side: number, queries: number, rows: number, candidates: number, count: number, to: number, work: number): void
}

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): GraphKernel {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as GraphKernel
}

/** What `assembly/graph-settings.ts` holds, in the same order. */
const FLOATS = ['learningRate', 'operatorRate', 'margin'] as const
const INTEGERS = [
  'dimensions', 'operator', 'comparator', 'loss', 'chunkEdges', 'uniform', 'operatorsFrozen', 'leftTables', 'rightTables', 'relations',
  'operators', 'operatorState', 'operatorBytes', 'edges', 'chunks', 'chunkCount', 'next',
] as const
const TABLE = ['vectors', 'state', 'count', 'frozen', 'bagOffsets', 'bags'] as const

export type KernelSettings = Record<(typeof FLOATS)[number] | (typeof INTEGERS)[number], number>
export type KernelTable = Record<(typeof TABLE)[number], number>

/** Puts settings where kernels find them; gives the address. */
export function putSettings(arena: SharedArena, settings: KernelSettings): number {
  const address = arena.take(4 * (FLOATS.length + INTEGERS.length))
  arena.float32(address, FLOATS.length).set(FLOATS.map((name) => settings[name]))
  arena.uint32(address + 4 * FLOATS.length, INTEGERS.length).set(INTEGERS.map((name) => settings[name]))
  return address
}

/** Changes one of the settings at `address`. */
export function setInteger(arena: SharedArena, address: number, name: (typeof INTEGERS)[number], value: number): void {
  arena.uint32(address + 4 * (FLOATS.length + INTEGERS.indexOf(name)), 1)[0] = value
}

/** Room for a table of each entity type. */
export function takeTables(arena: SharedArena, types: number): number {
  return arena.take(4 * TABLE.length * types)
}

export function setTable(arena: SharedArena, tables: number, type: number, table: KernelTable): void {
  arena.uint32(tables + 4 * TABLE.length * type, TABLE.length).set(TABLE.map((name) => table[name]))
}
