import { Value } from '../graph/graph.js'
import type { Port } from './model.js'
import { feedOf } from './session.js'

const written: Port = { name: 'written', value: Value.concrete(Uint8Array.of(1), [], 'bool') }

/** The outputs of a graph that `Session.runInto` runs: of those given and, before them, one of a byte that it needs. */
export function bordered(outputs: readonly Port[], resident: boolean): Port[] {
  return resident ? [...outputs] : [written, ...outputs]
}

/** Where that one goes: the fetch of `written`. */
export const writtenTo: object = feedOf('bool', new Uint8Array(1), [])
