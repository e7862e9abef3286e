/** Rewrites of a whole graph before it is compiled. Each keeps every output's value. */
import { addNode, type Node, pendingNodes, Value } from './graph.js'


/** The nodes to compile for `outputs`, rewritten. `outputs` keep their identity. */
export function optimize(outputs: readonly Value[]): Node[] {
  fuseBias(pendingNodes(outputs), outputs)
  return pendingNodes(outputs)
}

function usesOf(nodes: readonly Node[]): Map<Value, number> {
  const uses = new Map<Value, number>()
  for (const node of nodes) {
    for (const input of node.inputs) if (input instanceof Value) uses.set(input, (uses.get(input) ?? 0) + 1)
  }
  return uses
}

/** Gemm followed by the addition of a row vector is one Gemm. */
function fuseBias(nodes: readonly Node[], outputs: readonly Value[]): void {
  const uses = usesOf(nodes)
  const kept = new Set(outputs)
  const isPlainProduct = (value: Value): boolean =>
    value.node?.op === 'Gemm' && value.node.inputs.length === 2 && uses.get(value) === 1 && !kept.has(value)
  for (const node of nodes) {
    if (node.op !== 'Add') continue
    const [a, b] = node.inputs as [Value, Value]
    const sum = node.outputs[0] as Value
    // The product may have been reshaped back to (N, T, C) before the bias is added.
    for (const [product, bias] of [
      [a, b],
      [b, a],
    ] as const) {
      if (bias.shape.length !== 1 || bias.shape[0] !== product.shape.at(-1)) continue
      if (isPlainProduct(product)) {
        const gemm = product.node as Node
        becomes(sum, addNode('Gemm', [...gemm.inputs, bias], gemm.attributes, [sum])[0] as Value)
        break
      }
      const reshape = product.node
      const inner = reshape?.inputs[0]
      if (reshape?.op !== 'Reshape' || uses.get(product) !== 1 || kept.has(product)) continue
      if (!(inner instanceof Value) || !isPlainProduct(inner) || inner.shape.at(-1) !== product.shape.at(-1)) continue
      const gemm = inner.node as Node
      const biased = addNode('Gemm', [...gemm.inputs, bias], gemm.attributes, [inner])[0] as Value
      becomes(sum, addNode('Reshape', [biased, reshape.inputs[1]], reshape.attributes, [sum])[0] as Value)
      break
    }
  }
}

/** Lets the node that computes `replacement` compute `value` instead. */
function becomes(value: Value, replacement: Value): void {
  const node = replacement.node as Node
  node.outputs[node.outputs.indexOf(replacement)] = value
  value.node = node
}

