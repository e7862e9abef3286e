/**
 * Mixed precision for tests on a CPU. ONNX Runtime's CPU provider computes float16 nodes in float32 and leaves out the
 * conversions between them; run one by one, with float16 numbers handed over between them, each result is rounded.
 */
import { onnxBackend } from '../backend/backend.js'
import { flatten, unflatten } from '../jit/structure.js'
import { record } from '../jit/trace.js'
import { buildModel } from '../onnx/model.js'
import { feedOf, Session } from '../onnx/session.js'
import { tf } from '../tf.js'
import { addNode, type Ints, type Node, type TypedArray, Value } from '../graph/graph.js'
import { halvePrecision } from '../graph/half-precision.js'
import { optimize } from '../graph/passes/index.js'

/** What `jit(fn, { precision: 'float16' })` computes where float16 is to be had, node by node. */
export function simulateHalf<Arguments extends unknown[], Result>(
  fn: (...args: Arguments) => Result,
): (...args: Arguments) => Result {
  const sessions = new Map<string, Session>()
  const traces = new Map<string, ReturnType<typeof halved<Arguments, Result>>>()
  return (...args) => {
    const { tensors, key } = flatten(args)
    const entry = traces.get(key) ?? halved(fn, args, tensors)
    traces.set(key, entry)
    const { nodes, trace, outputs, result } = entry
    const data = new Map<Value, TypedArray>()
    trace.placeholders.forEach((value, i) => data.set(value, tensors[i]?.dataSync() as TypedArray))
    for (const { variable, value } of trace.read) data.set(value, variable.dataSync() as TypedArray)
    for (const node of nodes) compute(node, data, sessions)
    const [results, states] = [trace.results.length, trace.assigned.length]
    const arrays = outputs.map((value) => tf.tensor(dataOf(value, data) as Float32Array, [...value.shape], value.type as 'float32'))
    for (let i = 0; i < states; i++) trace.assigned[i]?.variable.assign(arrays[results + i] as tf.Tensor)
    return unflatten(result, arrays.slice(0, results).values())
  }
}

function halved<Arguments extends unknown[], Result>(fn: (...args: Arguments) => Result, args: Arguments, tensors: readonly tf.Tensor[]) {
  let result: Result | undefined
  const trace = record(onnxBackend(), tensors, (placeholders) => {
    result = fn(...unflatten(args, placeholders.values()))
    return flatten(result).tensors
  })
  const outputs = [...trace.results, ...trace.assigned.map(({ after }) => after)]
  optimize(outputs)
  const weights = new Set(trace.read.map(({ value }) => value))
  const nodes = halvePrecision(outputs, { weights, others: new Set([...trace.placeholders, ...trace.captured]) })
  return { nodes, trace, outputs, result: result as Result }
}

function dataOf(value: Value, data: ReadonlyMap<Value, TypedArray>): TypedArray {
  return (data.get(value) ?? value.data) as TypedArray
}

function compute(node: Node, data: Map<Value, TypedArray>, sessions: Map<string, Session>): void {
  const inputs = node.inputs.map((input) => (input instanceof Value ? new Value(input.shape, input.type) : input))
  const described = inputs.map((input) => (input instanceof Value ? `${input.type}[${input.shape.join()}]` : JSON.stringify((input as Ints | undefined)?.values)))
  const key = `${node.op} ${described.join(' ')} ${JSON.stringify(node.attributes)}`
  let session = sessions.get(key)
  if (!session) {
    const outputs = addNode(node.op, inputs, node.attributes, node.outputs, node.domain)
    const ports = inputs.flatMap((value, i) => (value instanceof Value ? [{ name: `i${i}`, value }] : []))
    const model = buildModel({
      nodes: [outputs[0]?.node as Node],
      inputs: ports,
      outputs: outputs.map((value, i) => ({ name: `o${i}`, value })),
    })
    session = new Session(model, { threads: 1 })
    sessions.set(key, session)
  }
  const feeds: Record<string, object> = {}
  node.inputs.forEach((value, i) => {
    if (value instanceof Value) feeds[`i${i}`] = feedOf(value.type, dataOf(value, data), value.shape)
  })
  const results = session.run(feeds, Object.fromEntries(node.outputs.map((_, i) => [`o${i}`, null])))
  node.outputs.forEach((value, i) => {
    const array = results[`o${i}`]?.data as TypedArray
    // Newer versions of Node have an array of float16 numbers: their bits are meant.
    data.set(value, value.type === 'float16' ? new Uint16Array(array.buffer, array.byteOffset, array.length) : array)
  })
}
