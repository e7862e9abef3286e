/** Matrix products. */
import type { Value } from '../graph/graph.js'
import { add, broadcastShapes, cast, type Inputs, kernel, op, transpose } from './registry.js'

interface Transposes {
  transposeA: boolean
  transposeB: boolean
}

function matMul(a: Value, b: Value, { transposeA, transposeB }: Transposes): Value {
  const [rankA, rankB] = [a.shape.length, b.shape.length]
  const rows = a.shape[rankA - (transposeA ? 1 : 2)] as number
  const inner = a.shape[rankA - (transposeA ? 2 : 1)] as number
  const innerB = b.shape[rankB - (transposeB ? 1 : 2)] as number
  const columns = b.shape[rankB - (transposeB ? 2 : 1)] as number
  if (inner !== innerB) {
    throw new Error(
      `matMul: inner dimensions must be equal, got ${inner} and ${innerB} ` +
        `(shapes [${a.shape}] and [${b.shape}], transposeA=${transposeA}, transposeB=${transposeB}).`,
    )
  }
  const shape = [...broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2)), rows, columns]
  if (a.type !== 'float32') {
    return op('MatMul', [transposeA ? swapLast(a) : a, transposeB ? swapLast(b) : b], shape, a.type)
  }
  const [transA, transB] = [transposeA ? 1 : 0, transposeB ? 1 : 0]
  if (rankA === 2 && rankB === 2) return op('Gemm', [a, b], shape, 'float32', { transA, transB })
  if (!transposeA && !transposeB) return op('MatMul', [a, b], shape, 'float32')
  return op('FusedMatMul', [a, b], shape, 'float32', { transA, transB }, 'com.microsoft')
}

function swapLast(x: Value): Value {
  const rank = x.shape.length
  return transpose(x, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2])
}

export function activate(x: Value, activation: string, inputs: Inputs): Value {
  switch (activation) {
    case 'linear':
      return x
    case 'relu':
      return op('Relu', [x], x.shape, 'float32')
    case 'sigmoid':
      return op('Sigmoid', [x], x.shape, 'float32')
    case 'elu':
      return op('Elu', [x], x.shape, 'float32')
    case 'prelu':
      return op('PRelu', [x, inputs.preluActivationWeights], x.shape, 'float32')
    default:
      throw new Error(`The activation '${activation}' cannot be fused: apply it after the product.`)
  }
}

export function registerMatMul(): void {
  kernel<Transposes>('BatchMatMul', ({ a, b }, transposes) => matMul(a as Value, b as Value, transposes))
  kernel<Transposes & { activation: string }>('_FusedMatMul', (inputs, { activation, ...transposes }) => {
    const product = matMul(inputs.a as Value, inputs.b as Value, transposes)
    return activate(inputs.bias ? add(product, inputs.bias) : product, activation, inputs)
  })
  kernel<{ equation: string }>('Einsum', (inputs, { equation }) => {
    const operands = Object.values(inputs).map((x) => cast(x, 'float32'))
    return op('Einsum', operands, einsumShape(equation, operands), 'float32', { equation: equation.replaceAll(' ', '') })
  })
}

function einsumShape(equation: string, operands: Value[]): number[] {
  const [left = '', right = ''] = equation.replaceAll(' ', '').split('->')
  const sizes = new Map<string, number>()
  left.split(',').forEach((axes, i) => {
    for (const [k, axis] of [...axes].entries()) sizes.set(axis, operands[i]?.shape[k] as number)
  })
  return [...right].map((axis) => sizes.get(axis) as number)
}
