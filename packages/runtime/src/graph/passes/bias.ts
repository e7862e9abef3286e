import { addNode, type Node, Value } from '../graph.js'
import { becomes, usesOf } from './rewrite.js'

/** Gemm followed by the addition of a row vector is one Gemm. */
export function fuseBias(nodes: readonly Node[], outputs: readonly Value[]): void {
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
