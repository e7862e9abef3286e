/** How kernels are declared: a function from values and attributes to values. */
import { type Attribute, Float, type Input, Ints, sameShape, Value, addNode, type ElementType } from '../graph/graph.js'
import { BACKEND_NAME, type OnnxBackend } from '../backend/backend.js'
import { tf } from '../tf.js'

/** A kernel's inputs by TF.js's names; kernels of many inputs number them. */
export type Inputs = Readonly<Record<string, Value>>

export type Kernel<Attributes> = (inputs: Inputs, attributes: Attributes) => Value | Value[]

/** Registers a kernel under TF.js's name for it. */
export function kernel<Attributes extends object = object>(name: string, compute: Kernel<Attributes>): void {
  tf.registerKernel({
    kernelName: name,
    backendName: BACKEND_NAME,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const onnx = backend as OnnxBackend
      const values: Record<string, Value> = {}
      for (const key in inputs) {
        const info = (inputs as Record<string, tf.TensorInfo | undefined>)[key]
        if (!info) continue
        if (info.dtype === 'complex64' || info.dtype === 'string') throw new Error(`'${name}' is no operation on tensors of ${info.dtype}.`)
        values[key] = shaped(onnx.valueFor(info), info.shape)
      }
      const result = compute(values, (attrs ?? {}) as unknown as Attributes)
      return Array.isArray(result) ? onnx.infosOf(result) : onnx.infoOf(result)
    },
  })
}

/** TF.js may show the same data under another shape. */
function shaped(value: Value, shape: readonly number[]): Value {
  return sameShape(value.shape, shape) ? value : reshape(value, shape)
}

/** The inputs of a kernel that takes a list. */
export function listOf(inputs: Inputs): Value[] {
  return Object.values(inputs)
}

/** Adds an operator of one output. */
export function op(
  name: string,
  inputs: readonly Input[],
  shape: readonly number[],
  type: ElementType,
  attributes: Readonly<Record<string, Attribute>> = {},
  domain: '' | 'com.microsoft' = '',
): Value {
  return addNode(name, inputs, attributes, [{ shape, type }], domain)[0] as Value
}

/** The shape of two broadcast together, or TF.js's error. */
export function broadcast(a: Value, b: Value): number[] {
  return broadcastShapes(a.shape, b.shape)
}

export function broadcastShapes(a: readonly number[], b: readonly number[]): number[] {
  return tf.broadcast_util.assertAndGetBroadcastShape([...a], [...b])
}

/** A constant of one element; inside a graph it stays a constant, so only for numbers that belong to the operator. */
export function scalar(value: number, type: 'float32' | 'int32' | 'bool' | 'int64' | 'uint32' = 'float32'): Value {
  const data =
    type === 'float32'
      ? Float32Array.of(value)
      : type === 'int32'
        ? Int32Array.of(value)
        : type === 'bool'
          ? Uint8Array.of(value)
          : type === 'uint32'
            ? Uint32Array.of(value)
            : BigInt64Array.of(BigInt(value))
  const result = Value.concrete(data, [], type)
  result.uniform = value
  return result
}

const onnxType = { float32: 1, int32: 6, int64: 7, bool: 9, float16: 10, uint32: 12 } as const

export function cast(x: Value, type: ElementType): Value {
  return x.type === type ? x : op('Cast', [x], x.shape, type, { to: onnxType[type] })
}

export function reshape(x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x
  const producer = x.node
  // Two reshapes in a row are the second one.
  const source = producer?.op === 'Reshape' ? (producer.inputs[0] as Value) : x
  if (sameShape(source.shape, shape)) return source
  return op('Reshape', [source, new Ints(shape)], shape, x.type, { allowzero: 1 })
}

export function transpose(x: Value, perm: readonly number[]): Value {
  if (perm.every((axis, i) => axis === i)) return x
  const shape = perm.map((axis) => x.shape[axis] as number)
  return op('Transpose', [x], shape, x.type, { perm })
}

/** Repeats a value along new or one-long axes. */
export function expand(x: Value, shape: readonly number[]): Value {
  return sameShape(x.shape, shape) ? x : op('Expand', [x, new Ints(shape)], shape, x.type)
}

/** A tensor whose elements are all `value`. */
export function full(shape: readonly number[], value: number, type: 'float32' | 'int32' | 'bool'): Value {
  return expand(scalar(value, type), shape)
}

export function mul(a: Value, b: Value): Value {
  return op('Mul', [a, b], broadcast(a, b), a.type)
}

export function add(a: Value, b: Value): Value {
  return op('Add', [a, b], broadcast(a, b), a.type)
}

export function sub(a: Value, b: Value): Value {
  return op('Sub', [a, b], broadcast(a, b), a.type)
}

export function div(a: Value, b: Value): Value {
  return op('Div', [a, b], broadcast(a, b), a.type)
}

export function slice(x: Value, starts: readonly number[], sizes: readonly number[]): Value {
  const axes = x.shape.map((_, i) => i).filter((i) => starts[i] !== 0 || sizes[i] !== x.shape[i])
  if (axes.length === 0) return x
  const begin = axes.map((i) => starts[i] as number)
  const end = axes.map((i) => (starts[i] as number) + (sizes[i] as number))
  return op('Slice', [x, new Ints(begin), new Ints(end), new Ints(axes)], sizes, x.type)
}

export { Float, Ints, sameShape }
