/** Rewrites of a whole graph before it is compiled. Each keeps every output's value. */
import { addNode, Float, type Input, type Node, pendingNodes, Value } from './graph.js'


/** The nodes to compile for `outputs`, rewritten. `outputs` keep their identity. */
export function optimize(outputs: readonly Value[]): Node[] {
  fuseBias(pendingNodes(outputs), outputs)
  fuseScale(pendingNodes(outputs), outputs)
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

const PRODUCTS = new Set(['Gemm', 'MatMul', 'FusedMatMul'])

/** A product that is multiplied by a constant number, or one of whose factors is, is one scaled product. */
function fuseScale(nodes: readonly Node[], outputs: readonly Value[]): void {
  const uses = usesOf(nodes)
  const kept = new Set(outputs)
  const once = (value: Value): boolean => uses.get(value) === 1 && !kept.has(value)
  for (const node of nodes) {
    const result = node.outputs[0] as Value
    // A rewrite may have taken this node's place.
    if (result.node !== node) continue
    const scaled = scaledByConstant(node)
    if (scaled && once(scaled.value) && isProduct(scaled.value.node)) {
      becomes(result, product(scaled.value.node, scaled.value.node.inputs, scaled.factor, result))
    } else if (isProduct(node)) {
      const [a, b] = node.inputs as [Value, Value]
      const left = a.node && once(a) ? scaledByConstant(a.node) : undefined
      if (left) becomes(result, product(node, [left.value, b, ...node.inputs.slice(2)], left.factor, result))
    }
  }
}

function isProduct(node: Node | undefined): node is Node {
  return node !== undefined && PRODUCTS.has(node.op) && node.inputs.length === 2 && node.inputs.every(isFloat)
}

function isFloat(input: Input): boolean {
  return input instanceof Value && input.type === 'float32'
}

/** The tensor and the number of a multiplication by a constant number. */
function scaledByConstant(node: Node): { value: Value; factor: number } | undefined {
  if (node.op !== 'Mul') return undefined
  const [a, b] = node.inputs as [Value, Value]
  if (b.size === 1 && b.uniform !== undefined && b.shape.length <= a.shape.length) return { value: a, factor: b.uniform }
  if (a.size === 1 && a.uniform !== undefined && a.shape.length <= b.shape.length) return { value: b, factor: a.uniform }
  return undefined
}

function product(node: Node, inputs: readonly Input[], factor: number, result: Value): Value {
  const { alpha, ...rest } = node.attributes
  const scale = new Float(factor * (alpha instanceof Float ? alpha.value : 1))
  const domain = node.op === 'Gemm' ? '' : 'com.microsoft'
  const op = node.op === 'Gemm' ? 'Gemm' : 'FusedMatMul'
  return addNode(op, inputs, { ...rest, alpha: scale }, [result], domain)[0] as Value
}

/** Lets the node that computes `replacement` compute `value` instead. */
function becomes(value: Value, replacement: Value): void {
  const node = replacement.node as Node
  node.outputs[node.outputs.indexOf(replacement)] = value
  value.node = node
}

