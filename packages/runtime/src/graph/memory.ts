import { bytesPerElement, type Node, Value } from './graph.js'

/** Operators whose output shares the memory of their input. */
const VIEWS = new Set(['Reshape', 'Identity', 'Squeeze', 'Unsqueeze'])

/** The most bytes that the values of a graph take at one time when it runs in order: an estimate, for accounting. */
export function peakBytes(nodes: readonly Node[], outputs: readonly Value[]): number {
  const lastUse = new Map<Value, number>()
  nodes.forEach((node, i) => {
    for (const input of node.inputs) if (input instanceof Value) lastUse.set(input, i)
  })
  for (const output of outputs) lastUse.set(output, nodes.length)
  const ending: Value[][] = nodes.map(() => [])
  let live = 0
  let peak = 0
  nodes.forEach((node, i) => {
    for (const value of node.outputs) {
      if (VIEWS.has(node.op)) continue
      live += bytesOf(value)
      const end = lastUse.get(value)
      if (end !== undefined && end < nodes.length) ending[end]?.push(value)
    }
    peak = Math.max(peak, live)
    for (const value of ending[i] as Value[]) live -= bytesOf(value)
  })
  return peak
}

function bytesOf(value: Value): number {
  return value.size * bytesPerElement(value.type)
}
