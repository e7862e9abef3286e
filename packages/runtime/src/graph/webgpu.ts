/**
 * What ONNX Runtime's WebGPU provider has no kernel for and would leave to the CPU, composed of what it has: each
 * crossing costs a wait for the device and two copies.
 *
 * The provider's shaders may assume that numbers are finite. What is composed here treats NaN as the hardware's
 * comparisons do.
 */
import { Float, Ints, type Node, Value } from './graph.js'
import { and, becomes, compare, emit, multiply, not, scalar, swapped, unary, valuesOf, where } from './webgpu-operators.js'
import { sine } from './webgpu-sine.js'
import { convolution, poolingWithPlaces, transposedConvolution } from './webgpu-windows.js'

/** Composes what the provider lacks among `nodes`, given in topological order. Values keep their identity. */
export function composeMissing(nodes: readonly Node[]): void {
  for (const node of nodes) {
    const result = node.outputs[0]
    const composed = result?.node === node ? compositions[node.op]?.(node) : undefined
    if (!result || !composed) continue
    becomes(result, composed)
    for (const input of node.inputs) if (input instanceof Value) input.holders--
  }
}

const compositions: Readonly<Record<string, (node: Node) => Value | undefined>> = {
  Cast: castOfArgument,
  Conv: convolution,
  ConvTranspose: transposedConvolution,
  Cos: (node) => sine(valuesOf(node)[0], 'cosine'),
  FusedMatMul: fusedMatMul,
  IsInf: (node) => {
    const [x] = valuesOf(node)
    return compare('Equal', unary('Abs', x), scalar(Infinity))
  },
  // NaN is neither above nor below. Two operators, as one shader could assume that one of them holds.
  IsNaN: (node) => {
    const [x] = valuesOf(node)
    return and(not(compare('GreaterOrEqual', x, scalar(0))), not(compare('Less', x, scalar(0))))
  },
  LogSoftmax: logSoftmax,
  MaxPool: poolingWithPlaces,
  Mod: mod,
  Or: (node) => {
    const [a, b] = valuesOf(node) as [Value, Value]
    return not(and(not(a), not(b)))
  },
  Round: round,
  Selu: selu,
  Sin: (node) => sine(valuesOf(node)[0], 'sine'),
  Sign: (node) => {
    const [x] = valuesOf(node)
    const [zero, one] = [scalar(0, x.type), scalar(1, x.type)]
    return where(compare('Greater', x, zero), one, where(compare('Less', x, zero), scalar(-1, x.type), zero))
  },
  Split: split,
}

/** The least index whose element is the extreme one, where ArgMax or ArgMin is cast from the int64 that ONNX gives. */
function castOfArgument(node: Node): Value | undefined {
  const [index] = valuesOf(node)
  const [result] = node.outputs as [Value]
  const producer = index.node
  if (result.type !== 'int32' || !producer || (producer.op !== 'ArgMax' && producer.op !== 'ArgMin')) return undefined
  const [x] = valuesOf(producer)
  const axis = producer.attributes.axis as number
  const length = x.shape[axis] as number
  const kept = x.shape.map((d, i) => (i === axis ? 1 : d))
  const reduced = (op: string, value: Value, keep: boolean) =>
    emit(op, [value, new Ints([axis])], keep ? kept : index.shape, value.type, { keepdims: keep ? 1 : 0 })
  const extreme = reduced(producer.op === 'ArgMax' ? 'ReduceMax' : 'ReduceMin', x, true)
  const along = x.shape.map((_, i) => (i === axis ? length : 1))
  const indices = Value.concrete(Int32Array.from({ length }, (_, i) => i), along, 'int32')
  const candidates = where(compare('Equal', x, extreme), indices, scalar(length - 1, 'int32'))
  return reduced('ReduceMin', candidates, producer.attributes.keepdims === 1)
}

function fusedMatMul(node: Node): Value | undefined {
  const [a, b] = valuesOf(node) as [Value, Value]
  const { transA, transB, transBatchA, transBatchB, alpha } = node.attributes
  if (transBatchA || transBatchB) return undefined
  const [result] = node.outputs as [Value]
  const product = emit('MatMul', [transA ? swapped(a) : a, transB ? swapped(b) : b], result.shape, 'float32')
  return alpha instanceof Float && alpha.value !== 1 ? multiply(product, scalar(alpha.value)) : product
}

function logSoftmax(node: Node): Value {
  const [x] = valuesOf(node)
  const axis = node.attributes.axis as number
  const shape = x.shape.map((d, i) => (i === (axis + x.shape.length) % x.shape.length ? 1 : d))
  const reduced = (op: string, value: Value) => emit(op, [value, new Ints([axis])], shape, 'float32', { keepdims: 1 })
  const shifted = emit('Sub', [x, reduced('ReduceMax', x)], x.shape, 'float32')
  return emit('Sub', [shifted, unary('Log', reduced('ReduceSum', unary('Exp', shifted)))], x.shape, 'float32')
}

/** The remainder of whole numbers with the sign of the divisor. */
function mod(node: Node): Value | undefined {
  const [a, b] = valuesOf(node) as [Value, Value]
  if (node.attributes.fmod || a.type !== 'int32') return undefined
  const { shape } = node.outputs[0] as Value
  const quotient = emit('Div', [a, b], shape, 'int32')
  const rest = emit('Sub', [a, emit('Mul', [quotient, b], shape, 'int32')], shape, 'int32')
  const zero = scalar(0, 'int32')
  const [low, high] = [compare('Less', rest, zero), compare('Greater', rest, zero)]
  const opposite = not(and(not(and(low, compare('Greater', b, zero))), not(and(high, compare('Less', b, zero)))))
  return where(opposite, emit('Add', [rest, b], shape, 'int32'), rest)
}

/** To the nearest whole number, halves to the even one. */
function round(node: Node): Value {
  const [x] = valuesOf(node)
  const up = unary('Floor', emit('Add', [x, scalar(0.5)], x.shape, 'float32'))
  const half = compare('Equal', emit('Sub', [up, x], x.shape, 'float32'), scalar(0.5))
  const halved = multiply(up, scalar(0.5))
  const odd = not(compare('Equal', halved, unary('Floor', halved)))
  return where(and(half, odd), emit('Sub', [up, scalar(1)], x.shape, 'float32'), up)
}

/** Buffers that every device lets one shader use: an input and the outputs of a split. */
const BUFFERS = 8

/** Many parts, each a slice. */
function split(node: Node): Value | undefined {
  if (node.outputs.length < BUFFERS) return undefined
  const [x] = valuesOf(node)
  const axis = node.attributes.axis as number
  let start = 0
  const slices = node.outputs.map((part) => {
    const end = start + (part.shape[axis] as number)
    const slice = emit('Slice', [x, new Ints([start]), new Ints([end]), new Ints([axis])], part.shape, part.type)
    start = end
    return slice
  })
  slices.slice(1).forEach((slice, i) => becomes(node.outputs[i + 1] as Value, slice))
  return slices[0]
}

function selu(node: Node): Value {
  const [x] = valuesOf(node)
  // Klambauer et al. 2017, as ONNX gives them.
  const [alpha, gamma] = [1.6732632423543772, 1.0507009873554805]
  const below = multiply(emit('Sub', [unary('Exp', x), scalar(1)], x.shape, 'float32'), scalar(alpha))
  return multiply(where(compare('Greater', x, scalar(0)), x, below), scalar(gamma))
}
