import type { SharedArena } from '../memory/shared-arena.js'

/** What `assembly/settings.ts` holds, in the same order; addresses are in the shared memory, 0 for none. */
export interface KernelSettings {
  totalWords: number
  learningRate: number
  input: number
  output: number
  rowBytes: number
  words: number
  keep: number
  noise: number
  noiseSize: number
  negatives: number
  pathOffsets: number
  paths: number
  longestPath: number
  rowOffsets: number
  rows: number
  mostRows: number
  window: number
  cbow: number
  progress: number
}

/** After `totalWords` (float64) and `learningRate` (float32): 32 bits each. */
const INTEGERS = [
  'input', 'output', 'rowBytes', 'words', 'keep', 'noise', 'noiseSize', 'negatives', 'pathOffsets', 'paths', 'longestPath',
  'rowOffsets', 'rows', 'mostRows', 'window', 'cbow', 'progress',
] as const satisfies readonly (keyof KernelSettings)[]

/** Puts the settings where kernels find them; gives the address. */
export function putSettings(arena: SharedArena, settings: KernelSettings): number {
  const address = arena.take(12 + 4 * INTEGERS.length)
  const view = new DataView(arena.memory.buffer, address)
  view.setFloat64(0, settings.totalWords, true)
  view.setFloat32(8, settings.learningRate, true)
  for (const [i, name] of INTEGERS.entries()) view.setUint32(12 + 4 * i, settings[name], true)
  return address
}
