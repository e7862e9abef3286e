/**
 * Outputs of inference graphs that stay in a device's memory. Only WebGPU's can: what is read of them comes through a
 * small session whose output is on the host, since ONNX Runtime's own way to read one ends the process.
 */
import type { Tensor } from 'onnxruntime-common'
import { Dimension } from '../graph/dimension.js'
import { addNode, allocate, type ElementType, sizeOf, type TypedArray, Value } from '../graph/graph.js'
import { buildModel } from '../onnx/model.js'
import { feedOf, Session } from '../onnx/session.js'
import type { GraphTensor } from './graph-tensor.js'

/** A tensor in WebGPU's memory. Feeding it to a graph moves nothing, reading `data` copies it to the host, once. */
export class DeviceTensor implements GraphTensor {
  readonly shape: readonly number[]
  #data: TypedArray | undefined

  constructor(
    /** As ONNX Runtime takes it. */
    readonly native: Tensor,
    readonly type: ElementType,
  ) {
    this.shape = native.dims
  }

  get data(): GraphTensor['data'] {
    this.#data ??= this.read()
    return this.#data as GraphTensor['data']
  }

  /** The rows of it, along the first axis, that `rows` lists; they stay in the device's memory. */
  rows(rows: Int32Array): DeviceTensor {
    const session = sessionOf('Gather', [[this.type, this.shape.length], ['int32', 1]], this.type, true)
    const { y } = session.run({ x0: this.native, x1: feedOf('int32', rows, [rows.length]) }, { y: null })
    return new DeviceTensor(y as Tensor, this.type)
  }

  dispose(): void {
    this.native.dispose()
  }

  private read(): TypedArray {
    const data = allocate(this.type, sizeOf(this.shape))
    if (data.length === 0) return data
    const session = sessionOf('Identity', [[this.type, this.shape.length]], this.type, false)
    session.run({ x0: this.native }, { y: feedOf(this.type, data, this.shape) })
    return data
  }
}

/**
 * The rows of a tensor, along the first axis, that `rows` lists. Where the tensor is in a device's memory, so are they.
 */
export function gatherRows(x: GraphTensor, rows: Int32Array): GraphTensor {
  if (x instanceof DeviceTensor) return x.rows(rows)
  const { data, shape } = x
  const size = data.length / Math.max(1, shape[0] as number)
  const gathered = new (data.constructor as new (length: number) => GraphTensor['data'])(rows.length * size)
  for (const [i, row] of rows.entries()) gathered.set(data.subarray(row * size, (row + 1) * size) as never, i * size)
  return { data: gathered, shape: [rows.length, ...shape.slice(1)] }
}

/** Kept for good: there are few. */
const sessions = new Map<string, Session>()

/** The session of one operator on WebGPU, whatever the lengths of its inputs' axes. */
function sessionOf(op: string, inputs: readonly (readonly [ElementType, number])[], type: ElementType, resident: boolean): Session {
  const key = `${op} ${inputs.join(' ')} ${resident}`
  let session = sessions.get(key)
  if (!session) {
    const values = inputs.map(([type, rank]) => new Value(new Array<number>(rank).fill(1), type))
    const [output] = addNode(op, values, {}, [{ shape: (values[0] as Value).shape, type }]) as [Value]
    const model = buildModel({
      nodes: output.node ? [output.node] : [],
      inputs: values.map((value, i) => {
        const shape = value.shape.map((_, axis) => new Dimension({ kind: 'axis', name: `x${i}_${axis}` }))
        return { name: `x${i}`, value, shape }
      }),
      outputs: [{ name: 'y', value: output, shape: 'unknown' }],
    })
    session = new Session(model, { provider: 'webgpu', threads: 1, optimize: false, resident })
    sessions.set(key, session)
  }
  return session
}
