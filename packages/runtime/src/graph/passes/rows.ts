/**
 * Sequences as matrices. Products take (N·T, C) while everything between them is written for (N, T, C), so that views
 * stand between most operators, and ONNX Runtime copies many of these views. What works element by element or along
 * the last axis gives the same numbers for either shape: here it is moved to the matrix.
 */
import { addNode, Ints, type Node, type OutputSpec, sameShape, Value } from '../graph.js'
import { becomes } from './rewrite.js'

/** Operators that work element by element on tensors of one shape, or with rows, columns and numbers broadcast. */
const ELEMENTWISE = new Set([
  'Abs', 'Add', 'Cast', 'Clip', 'Div', 'Erf', 'Exp', 'Gelu', 'HardSigmoid', 'Log', 'Max', 'Min', 'Mul', 'Neg', 'Reciprocal', 'Relu',
  'Sigmoid', 'Softplus', 'Sqrt', 'Sub', 'Sum', 'Tanh', 'Where',
])

/** Needs every size to be known. */
export function flattenRows(nodes: readonly Node[]): void {
  const flattening = new Flattening()
  for (const node of nodes) flattening.visit(node)
}

class Flattening {
  /** Values of three or more axes as matrices: all axes but the last made one. */
  private readonly matrices = new Map<Value, Value>()
  /** What is read instead of a value. */
  private readonly replaced = new Map<Value, Value>()

  visit(node: Node): void {
    node.rewire((input) => this.replaced.get(input) ?? input)
    if (node.op === 'Reshape') this.reshape(node)
    else if (ELEMENTWISE.has(node.op)) this.elementwise(node)
    else if (node.op === 'LayerNormalization') this.normalization(node)
    else if (node.op.startsWith('Reduce')) this.reduction(node)
  }

  private reshape(node: Node): void {
    const source = node.inputs[0] as Value
    const result = node.outputs[0] as Value
    const matrix = this.matrices.get(source) ?? source
    if (isMatrixOf(matrix, result)) this.matrices.set(result, matrix)
    else if (sameShape(matrix.shape, result.shape)) this.replaced.set(result, matrix)
  }

  private elementwise(node: Node): void {
    const result = node.outputs[0] as Value
    const { shape } = result
    if (shape.length < 3 || result.size === 0 || !node.inputs.some((input) => input instanceof Value && this.matrices.has(input))) return
    const inputs = node.inputs.map((input) => (input instanceof Value ? this.operand(input, shape) : input))
    if (inputs.some((input, i) => input === undefined && node.inputs[i] !== undefined)) return
    this.replace(node, inputs, [flat(result)])
  }

  private normalization(node: Node): void {
    const matrix = this.matrices.get(node.inputs[0] as Value)
    if (matrix) this.replace(node, [matrix, ...node.inputs.slice(1)], node.outputs.map(flat))
  }

  private reduction(node: Node): void {
    const [x, axes] = node.inputs
    const matrix = this.matrices.get(x as Value)
    if (!matrix || !(axes instanceof Ints)) return
    const rank = (x as Value).shape.length
    const result = node.outputs[0] as Value
    const over = axes.values as readonly number[]
    if (over.length === 1 && over[0] === rank - 1 && node.attributes.keepdims === 1) {
      this.replace(node, [matrix, new Ints([1])], [flat(result)])
    } else if (over.length === rank - 1 && !over.includes(rank - 1) && node.attributes.keepdims === 0) {
      becomes(result, addNode(node.op, [matrix, new Ints([0])], node.attributes, [result])[0] as Value)
    }
  }

  /** The operand's form for a result that is made a matrix, if it has one. */
  private operand(input: Value, shape: readonly number[]): Value | undefined {
    if (input.size === 1) return input.shape.length <= 2 ? input : undefined
    if (input.shape.length === 1) return input
    const rank = shape.length
    const isColumn = input.shape.length === rank && input.shape.every((d, i) => d === (i < rank - 1 ? shape[i] : 1))
    if (!isColumn && !sameShape(input.shape, shape)) return undefined
    let matrix = this.matrices.get(input)
    if (!matrix) {
      const spec = flat(input)
      // A view of a view is a view of the first.
      const source = input.node?.op === 'Reshape' ? (input.node.inputs[0] as Value) : input
      matrix = addNode('Reshape', [source, new Ints(spec.shape)], { allowzero: 1 }, [spec])[0] as Value
      this.matrices.set(input, matrix)
    }
    return matrix
  }

  /** Computes matrices, of which the results become views for those who need them so. */
  private replace(node: Node, inputs: Node['inputs'], specs: readonly OutputSpec[]): void {
    const results = [...node.outputs]
    const matrices = addNode(node.op, inputs, node.attributes, specs, node.domain)
    for (const [i, result] of results.entries()) {
      const matrix = matrices[i] as Value
      this.matrices.set(result, matrix)
      becomes(result, addNode('Reshape', [matrix, new Ints(result.shape)], { allowzero: 1 }, [result])[0] as Value)
    }
  }
}

function flat({ shape, size, type }: Value): OutputSpec {
  const last = shape.at(-1) as number
  return { shape: [last === 0 ? 0 : size / last, last], type }
}

function isMatrixOf(matrix: Value, value: Value): boolean {
  return matrix.shape.length === 2 && value.shape.length > 2 && matrix.shape[1] === value.shape.at(-1) && matrix.size === value.size
}
