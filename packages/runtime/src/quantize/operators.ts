/** How ONNX Runtime computes with weights of few bits. Which operators, and why these: docs/decisions/0010. */
import { dataType, type NodeProto } from '../onnx/schema.js'
import type { GraphBuilder } from './graph-builder.js'
import { BLOCK, scaleName, type WeightForm } from './stored-weights.js'

/** A weight of the file: a matrix (outputs, inputs) or a table (entries, width). */
interface Matrix {
  readonly name: string
  readonly shape: readonly number[]
}

/**
 * Activations are whole numbers from 1 to 127, 64 for zero: CPUs without VNNI (AVX2) add two products of an unsigned byte and a
 * weight in 16 bits, saturated, which 2 · 127 · 127 is not, and 2 · 255 · 127 would be. So all CPUs give the same numbers.
 */
const MIDDLE = 64
const LEVELS = 63
const MIDDLE_OF_FOUR_BITS = 8

/** Activations in 7 bits. */
export interface QuantizedActivations {
  /** uint8, 63 steps on each side of 64 */
  values: string
  /** (…, 1): the largest magnitude of each row, which 63 steps are */
  largest: string
}

/**
 * Rounds each row of x to multiples of its largest magnitude over 63. A row of zeros is divided by zero: whatever NaN is
 * rounded to is a byte, and its product is scaled by zero.
 */
export function quantizedActivations(builder: GraphBuilder, nodes: NodeProto[], x: string): QuantizedActivations {
  const magnitudes = builder.node(nodes, 'Abs', [x])
  const largest = builder.node(nodes, 'ReduceMax', [magnitudes, builder.list([-1])], { keepdims: 1 })
  const shares = builder.node(nodes, 'Div', [x, largest])
  const step = builder.constant('float32', 1 / LEVELS)
  return { values: builder.node(nodes, 'QuantizeLinear', [shares, step, builder.constant('uint8', MIDDLE)]), largest }
}

/** Products with a stored matrix, plus a bias. */
export const multiplied = {
  rows(builder: GraphBuilder, nodes: NodeProto[], x: QuantizedActivations, { name }: Matrix, bias: string | undefined): string {
    const matrix = builder.node(nodes, 'Transpose', [builder.stored(name)], { perm: [1, 0] })
    const step = builder.constant('float32', 1 / LEVELS)
    const middle = builder.constant('uint8', MIDDLE)
    const product = builder.microsoft(nodes, 'MatMulIntegerToFloat', [x.values, matrix, step, builder.stored(scaleName(name)), middle])
    const scaled = builder.node(nodes, 'Mul', [product, x.largest])
    return bias === undefined ? scaled : builder.node(nodes, 'Add', [scaled, bias])
  },

  blocks(builder: GraphBuilder, nodes: NodeProto[], x: string, { name, shape }: Matrix, bias: string | undefined): string {
    const [outputs, inputs] = shape as [number, number]
    const matrix = builder.stored(name, [outputs, inputs / BLOCK, BLOCK / 2])
    const scales = builder.stored(scaleName(name), [(outputs * inputs) / BLOCK])
    const attributes = { K: inputs, N: outputs, bits: 4, block_size: BLOCK, accuracy_level: 4 }
    return builder.microsoft(nodes, 'MatMulNBits', [x, matrix, scales, ...(bias === undefined ? [] : ['', '', bias])], attributes)
  },
} as const

/** Rows of a stored table, widened. */
export const gathered = {
  rows(builder: GraphBuilder, nodes: NodeProto[], { name }: Matrix, indices: string): string {
    const rows = builder.node(nodes, 'Gather', [builder.stored(name), indices], { axis: 0 })
    const scales = builder.node(nodes, 'Gather', [builder.stored(scaleName(name)), indices], { axis: 0 })
    const column = builder.node(nodes, 'Unsqueeze', [scales, builder.list([-1])])
    return builder.node(nodes, 'Mul', [builder.node(nodes, 'Cast', [rows], { to: dataType.float32 }), column])
  },

  blocks(builder: GraphBuilder, nodes: NodeProto[], { name }: Matrix, indices: string): string {
    const attributes = { gather_axis: 0, quantize_axis: 1, block_size: BLOCK, bits: 4 }
    return builder.microsoft(nodes, 'GatherBlockQuantized', [builder.stored(name), indices, builder.stored(scaleName(name))], attributes)
  },
} as const

/** A stored weight as float32, which ONNX Runtime computes once. */
export const dequantized: Readonly<Record<WeightForm, (builder: GraphBuilder, nodes: NodeProto[], weight: Matrix) => string>> = {
  float32: (builder, _nodes, { name }) => builder.stored(name),
  rows(builder, nodes, { name }) {
    const values = builder.node(nodes, 'Cast', [builder.stored(name)], { to: dataType.float32 })
    const column = builder.node(nodes, 'Unsqueeze', [builder.stored(scaleName(name)), builder.list([1])])
    return builder.node(nodes, 'Mul', [values, column])
  },
  // Lower and upper halves of bytes, in turns.
  blocks(builder, nodes, { name, shape }) {
    const [rows, columns] = shape as [number, number]
    const bytes = builder.node(nodes, 'Unsqueeze', [builder.stored(name), builder.list([-1])])
    const lower = builder.node(nodes, 'Mod', [bytes, builder.constant('uint8', 16)])
    const upper = builder.node(nodes, 'Div', [bytes, builder.constant('uint8', 16)])
    const joined = builder.node(nodes, 'Cast', [builder.node(nodes, 'Concat', [lower, upper], { axis: -1 })], { to: dataType.float32 })
    const blocks = builder.node(nodes, 'Reshape', [joined, builder.list([rows, columns / BLOCK, BLOCK])])
    const centred = builder.node(nodes, 'Sub', [blocks, builder.constant('float32', MIDDLE_OF_FOUR_BITS)])
    const scales = builder.node(nodes, 'Unsqueeze', [builder.stored(scaleName(name)), builder.list([-1])])
    return builder.node(nodes, 'Reshape', [builder.node(nodes, 'Mul', [centred, scales]), builder.list([rows, columns])])
  },
}
