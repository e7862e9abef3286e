import { bytesPerElement, type Node, Value } from './graph.js'

/** Operators whose output shares the memory of their input. */
export const VIEWS = new Set(['Reshape', 'Identity', 'Squeeze', 'Unsqueeze'])

/** The most bytes that the values of a graph take at one time when it runs in order: an estimate, for accounting. */
export function peakBytes(nodes: readonly Node[], outputs: readonly Value[]): number {
  const sources = new Map<Value, Value>()
  /** The value whose memory this one shares. */
  const owner = (value: Value): Value => sources.get(value) ?? value
  const lastUse = new Map<Value, number>()
  nodes.forEach((node, i) => {
    const [input] = node.inputs
    const [output] = node.outputs
    if (VIEWS.has(node.op) && input instanceof Value && output) sources.set(output, owner(input))
    for (const input of node.inputs) if (input instanceof Value) lastUse.set(owner(input), i)
  })
  for (const output of outputs) lastUse.set(owner(output), nodes.length)
  const ending: Value[][] = nodes.map(() => [])
  let live = 0
  let peak = 0
  nodes.forEach((node, i) => {
    for (const value of node.outputs) {
      if (sources.has(value)) continue
      live += bytesOf(value)
      const end = lastUse.get(value) ?? i
      if (end < nodes.length) ending[end]?.push(value)
    }
    peak = Math.max(peak, live)
    for (const value of ending[i] as Value[]) live -= bytesOf(value)
  })
  return peak
}

function bytesOf(value: Value): number {
  return value.size * bytesPerElement(value.type)
}
