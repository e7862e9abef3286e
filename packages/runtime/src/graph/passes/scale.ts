import { addNode, Float, type Input, type Node, Value } from '../graph.js'
import { becomes, usesOf } from './rewrite.js'

const PRODUCTS = new Set(['Gemm', 'MatMul', 'FusedMatMul'])

/** A product that is multiplied by a constant number, or one of whose factors is, is one scaled product. */
export function fuseScale(nodes: readonly Node[], outputs: readonly Value[]): void {
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
