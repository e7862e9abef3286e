/** Matrix products. */
import type { Value } from '../graph/graph.js'
import { tf } from '../tf.js'
import { clip, leakyRelu, prelu } from './elementwise.js'
import { add, broadcastShapes, type Inputs, kernel, op, transpose } from './registry.js'

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

/** What a product or convolution ends with. */
export interface Activation {
  activation: string
  leakyreluAlpha?: number
}

export function activate(x: Value, { activation, leakyreluAlpha = 0.2 }: Activation, inputs: Inputs): Value {
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
      return prelu(x, inputs.preluActivationWeights as Value)
    case 'relu6':
      return clip(x, 0, 6)
    case 'leakyrelu':
      return leakyRelu(x, leakyreluAlpha)
    default:
      throw new Error(`The activation '${activation}' cannot be fused: apply it after the product.`)
  }
}

export function registerMatMul(): void {
  kernel<Transposes>('BatchMatMul', ({ a, b }, transposes) => matMul(a as Value, b as Value, transposes))
  kernel<Transposes & Activation>('_FusedMatMul', (inputs, attributes) => {
    const product = matMul(inputs.a as Value, inputs.b as Value, attributes)
    return activate(inputs.bias ? add(product, inputs.bias) : product, attributes, inputs)
  })
  kernel<{ equation: string }>('Einsum', (inputs, { equation }) => {
    const operands = Object.values(inputs)
    const { allDims, summedDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, operands.length)
    tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, operands as unknown as tf.Tensor[])
    // TF.js numbers the axes of the result first.
    const shape = allDims.slice(0, allDims.length - summedDims.length).map((_, axis) => {
      const operand = idDims.findIndex((axes) => axes.includes(axis))
      return (operands[operand] as Value).shape[(idDims[operand] as number[]).indexOf(axis)] as number
    })
    const { type } = operands[0] as Value
    return op('Einsum', operands, shape, type, { equation: equation.replaceAll(' ', '') })
  })
}
