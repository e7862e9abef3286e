/** What rewrites of a graph share. */
import { type Node, Value } from '../graph.js'

/** How many inputs of `nodes` each value is. */
export function usesOf(nodes: readonly Node[]): Map<Value, number> {
  const uses = new Map<Value, number>()
  for (const node of nodes) {
    for (const input of node.inputs) if (input instanceof Value) uses.set(input, (uses.get(input) ?? 0) + 1)
  }
  return uses
}

/** Lets the node that computes `replacement` compute `value` instead. */
export function becomes(value: Value, replacement: Value): void {
  const node = replacement.node as Node
  node.outputs[node.outputs.indexOf(replacement)] = value
  value.node = node
}
