/** One signature of a jitted function: its trace, its compiled graph, and where its state lives between calls. */
import type { Tensor } from 'onnxruntime-common'
import type { OnnxBackend } from '../backend/backend.js'
import { adopt, feed } from '../backend/evaluator.js'
import { halvePrecision } from '../graph/half-precision.js'
import { peakBytes } from '../graph/memory.js'
import { optimize } from '../graph/passes.js'
import { allocate, pendingNodes, Value } from '../graph/graph.js'
import { composeMissing } from '../graph/webgpu.js'
import { buildModel, type Port } from '../onnx/model.js'
import { type Provider, Session } from '../onnx/session.js'
import { tf } from '../tf.js'
import type { Precision } from './precision.js'
import { checkSynchronous, flatten, unflatten } from './structure.js'
import { own, record, type Trace } from './trace.js'

export class Compiled<Arguments extends unknown[], Result> {
  private readonly trace: Trace
  private readonly shapeOfResult: Result
  private readonly model: Uint8Array
  private readonly bytes: number
  private readonly provider: Provider
  /** For each assigned variable, the value that it showed before the last run: what the next run writes to. */
  private readonly spares: (Value | undefined)[]

  constructor(
    private readonly backend: OnnxBackend,
    private readonly key: string,
    fn: (...args: Arguments) => Result,
    args: Arguments,
    tensors: readonly tf.Tensor[],
    precision: Precision = 'float32',
  ) {
    let result: Result | undefined
    this.trace = record(backend, tensors, (placeholders) => {
      result = checkSynchronous(fn(...(unflatten(args, placeholders.values()))))
      return flatten(result, 'the result').tensors
    })
    this.shapeOfResult = result as Result
    const { placeholders, captured, read, assigned, results } = this.trace
    const outputs = [...results, ...assigned.map(({ after }) => after)]
    this.provider = backend.evaluator.options.provider
    let nodes = optimize(outputs)
    if (this.provider === 'webgpu') {
      composeMissing(nodes)
      nodes = pendingNodes(outputs)
    }
    if (precision === 'float16') {
      const weights = new Set(read.map(({ value }) => value))
      nodes = halvePrecision(outputs, { weights, others: new Set([...placeholders, ...captured]) })
    }
    const port = (prefix: string) => (value: Value, i: number): Port => ({ name: `${prefix}${i}`, value })
    this.model = buildModel({
      nodes,
      inputs: [
        ...placeholders.map(port('a')),
        ...captured.map(port('c')),
        ...read.map(({ value }) => value).map(port('v')),
      ],
      outputs: [...results.map(port('r')), ...assigned.map(({ after }) => after).map(port('s'))],
    })
    // ONNX Runtime orders the graph by searching it from the last output on.
    this.bytes = this.model.byteLength + peakBytes(pendingNodes([...outputs].reverse()), outputs)
    this.spares = assigned.map(() => undefined)
    // The graph is compiled: only its borders are still needed.
    for (const node of nodes) for (const value of node.outputs) value.node = undefined
  }

  /** Whether this was compiled for the backend and the device that it computes on now. */
  fits(backend: OnnxBackend): boolean {
    return backend === this.backend && backend.evaluator.options.provider === this.provider
  }

  run(tensors: readonly tf.Tensor[]): Result {
    const { backend, trace } = this
    const { evaluator } = backend
    for (const { variable } of trace.assigned) checkAlive(variable)
    const compile = () => new Session(this.model, { ...evaluator.options, resident: evaluator.resident })
    const session = evaluator.session(this.key, this.bytes, compile)
    const feeds: Record<string, object> = {}
    tensors.forEach((tensor, i) => (feeds[`a${i}`] = this.feedFor(tensor)))
    trace.captured.forEach((value, i) => (feeds[`c${i}`] = this.keptFeed(value)))
    trace.read.forEach(({ variable }, i) => (feeds[`v${i}`] = this.keptFeed(this.valueOf(variable))))
    const results = trace.results.map(empty)
    const states = trace.assigned.map(({ after }, i) => this.spares[i] ?? empty(after))
    const fetches: Record<string, object | null> = {}
    const fetchFor = (value: Value): object | null => (session.resident ? null : feed(filled(value)))
    results.forEach((value, i) => (fetches[`r${i}`] = fetchFor(value)))
    states.forEach((value, i) => (fetches[`s${i}`] = fetchFor(value)))
    const computed = session.run(feeds, fetches)
    if (session.resident) {
      results.forEach((value, i) => adopt(value, computed[`r${i}`] as Tensor))
      states.forEach((value, i) => adopt(value, computed[`s${i}`] as Tensor))
    }
    trace.assigned.forEach(({ variable }, i) => {
      own(backend, variable)
      const old = backend.replace(variable.dataId, states[i] as Value)
      this.spares[i] = old.data && old.tensors + old.holders === 0 ? old : undefined
    })
    return unflatten(this.shapeOfResult, results.map((value) => tensorOf(backend, value)).values())
  }

  dispose(): void {
    for (const value of this.trace.captured) {
      value.holders--
      value.freeIfUnused()
    }
    this.backend.evaluator.drop(this.key)
  }

  private feedFor(tensor: tf.Tensor): object {
    return feed(this.valueOf(tensor))
  }

  /** The feed of a value that later calls will need too. */
  private keptFeed(value: Value): object {
    this.backend.evaluator.upload(value)
    return feed(value)
  }

  private valueOf(tensor: tf.Tensor): Value {
    checkAlive(tensor)
    const value = this.backend.valueFor(tensor)
    this.backend.compute([value])
    return value
  }
}

function checkAlive(tensor: tf.Tensor): void {
  if (!tensor.isDisposed) return
  const name = tensor instanceof tf.Variable ? `variable '${tensor.name}'` : 'tensor'
  throw new Error(`A ${name} that a compiled function needs was disposed: keep it for as long as the function is called.`)
}

function empty({ type, shape }: Value): Value {
  return new Value(shape, type)
}

/** The value with an array to be written to. */
function filled(value: Value): Value {
  value.data ??= allocate(value.type, value.size)
  return value
}

function tensorOf(backend: OnnxBackend, value: Value): tf.Tensor {
  const { dataId, shape, dtype } = backend.infoOf(value)
  return tf.engine().makeTensorFromDataId(dataId, shape, dtype, backend)
}
