/** One signature of a jitted function: its trace, its compiled graph, and where its state lives between calls. */
import type { OnnxBackend } from '../backend/backend.js'
import { feed } from '../backend/evaluator.js'
import { peakBytes } from '../graph/memory.js'
import { optimize } from '../graph/passes.js'
import { allocate, Value } from '../graph/graph.js'
import { buildModel, type Port } from '../onnx/model.js'
import { Session } from '../onnx/session.js'
import { tf } from '../tf.js'
import { flatten, unflatten } from './structure.js'
import { own, record, type Trace } from './trace.js'

export class Compiled<Arguments extends unknown[], Result> {
  private readonly trace: Trace
  private readonly shapeOfResult: Result
  private readonly model: Uint8Array
  private readonly bytes: number
  /** For each assigned variable, the value that it showed before the last run: what the next run writes to. */
  private readonly spares: (Value | undefined)[]

  constructor(
    readonly backend: OnnxBackend,
    private readonly key: string,
    fn: (...args: Arguments) => Result,
    args: Arguments,
    tensors: readonly tf.Tensor[],
  ) {
    let result: Result | undefined
    this.trace = record(backend, tensors, (placeholders) => {
      result = fn(...(unflatten(args, placeholders.values())))
      if (result instanceof Promise) {
        // What the function does later fails too, and nobody waits for it.
        result.catch(() => undefined)
        throw new TypeError('A function given to jit must not be async: it is recorded while it runs.')
      }
      return flatten(result).tensors
    })
    this.shapeOfResult = result as Result
    const { placeholders, captured, read, assigned, results } = this.trace
    const outputs = [...results, ...assigned.map(({ after }) => after)]
    const nodes = optimize(outputs)
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
    this.bytes = this.model.byteLength + peakBytes(nodes, outputs)
    this.spares = assigned.map(() => undefined)
    // The graph is compiled: only its borders are still needed.
    for (const node of nodes) for (const value of node.outputs) value.node = undefined
  }

  run(tensors: readonly tf.Tensor[]): Result {
    const { backend, trace } = this
    for (const { variable } of trace.assigned) checkAlive(variable)
    const session = backend.evaluator.session(this.key, this.bytes, () => new Session(this.model, backend.sessionOptions))
    const feeds: Record<string, object> = {}
    tensors.forEach((tensor, i) => (feeds[`a${i}`] = this.feedFor(tensor)))
    trace.captured.forEach((value, i) => (feeds[`c${i}`] = feed(value)))
    trace.read.forEach(({ variable }, i) => (feeds[`v${i}`] = this.feedFor(variable)))
    const results = trace.results.map(fresh)
    const states = trace.assigned.map(({ after }, i) => this.spares[i] ?? fresh(after))
    const fetches: Record<string, object> = {}
    results.forEach((value, i) => (fetches[`r${i}`] = feed(value)))
    states.forEach((value, i) => (fetches[`s${i}`] = feed(value)))
    session.run(feeds, fetches)
    trace.assigned.forEach(({ variable }, i) => {
      own(backend, variable)
      const old = backend.replace(variable.dataId, states[i] as Value)
      this.spares[i] = old.tensors + old.holders === 0 ? old : undefined
    })
    return unflatten(this.shapeOfResult, results.map((value) => tensorOf(backend, value)).values())
  }

  dispose(): void {
    for (const value of this.trace.captured) value.holders--
    this.backend.evaluator.drop(this.key)
  }

  private feedFor(tensor: tf.Tensor): object {
    checkAlive(tensor)
    const value = this.backend.valueFor(tensor)
    this.backend.compute([value])
    return feed(value)
  }
}

function checkAlive(tensor: tf.Tensor): void {
  if (!tensor.isDisposed) return
  const name = tensor instanceof tf.Variable ? `variable '${tensor.name}'` : 'tensor'
  throw new Error(`A ${name} that a compiled function needs was disposed: keep it for as long as the function is called.`)
}

function fresh({ type, size, shape }: Value): Value {
  return Value.concrete(allocate(type, size), shape, type)
}

function tensorOf(backend: OnnxBackend, value: Value): tf.Tensor {
  const { dataId, shape, dtype } = backend.infoOf(value)
  return tf.engine().makeTensorFromDataId(dataId, shape, dtype, backend)
}
