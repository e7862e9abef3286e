import { addNode, type Node, Value } from '../graph.js'
import { becomes, usesOf } from './rewrite.js'

/** The sum of a square is one pass over its argument: Σ x·x is ReduceSumSquare. */
export function fuseSquares(nodes: readonly Node[], outputs: readonly Value[]): void {
  const uses = usesOf(nodes)
  const kept = new Set(outputs)
  for (const node of nodes) {
    const [square, ...rest] = node.inputs
    if (node.op !== 'ReduceSum' || !(square instanceof Value) || square.type !== 'float32') continue
    if (uses.get(square) !== 1 || kept.has(square) || square.node?.op !== 'Mul') continue
    const [a, b] = square.node.inputs
    if (a !== b) continue
    const sum = node.outputs[0] as Value
    becomes(sum, addNode('ReduceSumSquare', [a, ...rest], node.attributes, [sum])[0] as Value)
  }
}
