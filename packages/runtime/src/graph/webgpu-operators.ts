/** Operators as functions of values, for what is composed of them. */
import { addNode, type Attribute, type Input, type Node, Value } from './graph.js'

export function valuesOf(node: Node): [Value, ...Value[]] {
  return node.inputs as [Value, ...Value[]]
}

export function emit(
  op: string,
  inputs: readonly Input[],
  shape: readonly number[],
  type: Value['type'],
  attributes: Readonly<Record<string, Attribute>> = {},
): Value {
  return addNode(op, inputs, attributes, [{ shape, type }])[0] as Value
}

export function unary(op: string, x: Value): Value {
  return emit(op, [x], x.shape, x.type)
}

/** The shape of values broadcast together, whose shapes are known to fit. */
function joined(...values: readonly Value[]): readonly number[] {
  const rank = Math.max(...values.map(({ shape }) => shape.length))
  return Array.from({ length: rank }, (_, axis) => {
    const lengths = values.map(({ shape }) => shape[axis - rank + shape.length] ?? 1)
    return lengths.find((length) => length !== 1) ?? 1
  })
}

/** A matrix, or the matrices of a batch, transposed. */
export function swapped(x: Value): Value {
  const rank = x.shape.length
  const perm = [...x.shape.keys()].map((axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis))
  return emit('Transpose', [x], perm.map((axis) => x.shape[axis] as number), x.type, { perm })
}

export function scalar(value: number, type: Value['type'] = 'float32'): Value {
  const result = Value.concrete(type === 'int32' ? Int32Array.of(value) : Float32Array.of(value), [], type)
  result.uniform = value
  return result
}

export function compare(op: string, a: Value, b: Value): Value {
  return emit(op, [a, b], joined(a, b), 'bool')
}

export function multiply(a: Value, b: Value): Value {
  return emit('Mul', [a, b], joined(a, b), a.type)
}

export function add(a: Value, b: Value): Value {
  return emit('Add', [a, b], joined(a, b), a.type)
}

export function subtract(a: Value, b: Value): Value {
  return emit('Sub', [a, b], joined(a, b), a.type)
}

export function and(a: Value, b: Value): Value {
  return emit('And', [a, b], joined(a, b), 'bool')
}

export function not(x: Value): Value {
  return emit('Not', [x], x.shape, 'bool')
}

export function where(condition: Value, yes: Value, no: Value): Value {
  return emit('Where', [condition, yes, no], joined(condition, yes, no), yes.type)
}

/** Lets the node that computes `replacement` compute `value` instead. */
export function becomes(value: Value, replacement: Value): void {
  const node = replacement.node as Node
  node.outputs[node.outputs.indexOf(replacement)] = value
  value.node = node
}
