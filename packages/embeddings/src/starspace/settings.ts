import type { SharedArena } from '../memory/shared-arena.js'

/** What `assembly/starspace-settings.ts` holds, in the same order; addresses are in the shared memory, 0 for none. */
export interface StarSpaceSettings {
  totalExamples: number
  learningRate: number
  margin: number
  table: number
  rowBytes: number
  width: number
  accumulators: number
  exampleParts: number
  partFeatures: number
  features: number
  exampleTasks: number
  tasks: number
  order: number
  negatives: number
  mostCandidates: number
  longestBag: number
  bagScales: number
  softmax: number
  cosine: number
  dropout: number
  progress: number
}

const FLOATS = ['learningRate', 'margin'] as const satisfies readonly (keyof StarSpaceSettings)[]
const INTEGERS = [
  'table', 'rowBytes', 'width', 'accumulators', 'exampleParts', 'partFeatures', 'features', 'exampleTasks', 'tasks', 'order',
  'negatives', 'mostCandidates', 'longestBag', 'bagScales', 'softmax', 'cosine', 'dropout', 'progress',
] as const satisfies readonly (keyof StarSpaceSettings)[]

/** Puts the settings where the kernel finds them; gives the address. */
export function putStarSpaceSettings(arena: SharedArena, settings: StarSpaceSettings): number {
  const address = arena.take(8 + 4 * (FLOATS.length + INTEGERS.length))
  const view = new DataView(arena.memory.buffer, address)
  view.setFloat64(0, settings.totalExamples, true)
  for (const [i, name] of FLOATS.entries()) view.setFloat32(8 + 4 * i, settings[name], true)
  for (const [i, name] of INTEGERS.entries()) view.setUint32(8 + 4 * (FLOATS.length + i), settings[name], true)
  return address
}
