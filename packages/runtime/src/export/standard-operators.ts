/** Operators that only ONNX Runtime has, written with those that every reader of ONNX files knows. */
import { addNode, Float, type Node, pendingNodes, Value } from '../graph/graph.js'

/**
 * The nodes for `outputs`, `FusedMatMul` written as transposes, product and scale: ONNX Runtime joins these again when it
 * loads the file. `outputs` keep their identity.
 */
export function standardOperators(outputs: readonly Value[]): Node[] {
  for (const node of pendingNodes(outputs)) {
    if (node.op !== 'FusedMatMul') continue
    const [value] = node.outputs as [Value]
    const [a, b] = node.inputs as [Value, Value]
    const { transA, transB, alpha } = node.attributes
    const operands = [transA === 1 ? transposed(a) : a, transB === 1 ? transposed(b) : b]
    const scale = alpha instanceof Float && alpha.value !== 1 ? alpha.value : undefined
    const [product] = addNode('MatMul', operands, {}, [value]) as [Value]
    compute(value, scale === undefined ? product : (addNode('Mul', [product, constant(scale)], {}, [value])[0] as Value))
  }
  return pendingNodes(outputs)
}

function transposed(x: Value): Value {
  const rank = x.shape.length
  const perm = [...x.shape.keys()]
  perm.splice(rank - 2, 2, rank - 1, rank - 2)
  return addNode('Transpose', [x], { perm }, [{ shape: perm.map((axis) => x.shape[axis] as number), type: x.type }])[0] as Value
}

function constant(number: number): Value {
  const value = Value.concrete(Float32Array.of(number), [], 'float32')
  value.uniform = number
  return value
}

/** Lets the node that computes `replacement` compute `value` instead. */
function compute(value: Value, replacement: Value): void {
  const node = replacement.node as Node
  node.outputs[node.outputs.indexOf(replacement)] = value
  value.node = node
}
