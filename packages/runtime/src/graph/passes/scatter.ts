import { addNode, Ints, type Node, type Value } from '../graph.js'
import { becomes, usesOf } from './rewrite.js'

/**
 * What is added to zeros at some places and then, whole, to something else is added to that at these places: a tied
 * embedding's gradient is a product plus rows for the ids that occurred.
 */
export function fuseScatter(nodes: readonly Node[], outputs: readonly Value[]): void {
  const uses = usesOf(nodes)
  const kept = new Set(outputs)
  for (const node of nodes) {
    if (node.op !== 'Add') continue
    const [a, b] = node.inputs as [Value, Value]
    const sum = node.outputs[0] as Value
    for (const [scattered, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const scatter = scattered.node
      if (!scatter || !addsToZeros(scatter) || uses.get(scattered) !== 1 || kept.has(scattered)) continue
      if (other.shape.join() !== sum.shape.join()) continue
      becomes(sum, addNode('ScatterND', [other, ...scatter.inputs.slice(1)], scatter.attributes, [sum])[0] as Value)
      break
    }
  }
}

function addsToZeros({ op, attributes, inputs }: Node): boolean {
  if (op !== 'ScatterND' || attributes.reduction !== 'add') return false
  const [base] = inputs as [Value]
  const source = base.node?.op === 'Expand' && base.node.inputs[1] instanceof Ints ? (base.node.inputs[0] as Value) : base
  return source.uniform === 0 && !source.pending
}
