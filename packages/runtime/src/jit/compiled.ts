/** One signature of a jitted function: its trace, its compiled graph, and where its state lives between calls. */
import type { Tensor } from 'onnxruntime-common'
import type { OnnxBackend } from '../backend/backend.js'
import { adopt, feed } from '../backend/evaluator.js'
import { graphBytes } from '../backend/session-cache.js'
import { halvePrecision } from '../graph/half-precision.js'
import { overwritable } from '../graph/in-place.js'
import { peakBytes } from '../graph/memory.js'
import { optimizeStatic } from '../graph/passes/index.js'
import { allocate, bytesPerElement, pendingNodes, Value } from '../graph/graph.js'
import { composeMissing } from '../graph/webgpu.js'
import { buildModel, type Port } from '../onnx/model.js'
import { type Provider, Session } from '../onnx/session.js'
import { bordered, writtenTo } from '../onnx/written.js'
import { tf } from '../tf.js'
import { type Explanation, explanation, profiled, timesOf } from './explain.js'
import type { Precision } from './precision.js'
import { checkSynchronous, flatten, unflatten } from './structure.js'
import { own, record, type Trace } from './trace.js'

/** One to warm up, the others to measure. */
const EXPLAINED_RUNS = 4

export class Compiled<Arguments extends unknown[], Result> {
  private readonly trace: Trace
  private readonly shapeOfResult: Result
  private readonly model: Uint8Array
  private readonly bytes: number
  /** What `explain` tells of the recording. */
  private readonly recorded: { nodes: number; peak: number; milliseconds: number }
  private readonly provider: Provider
  /** What crosses the graph's border, in the order of the trace. */
  private readonly ports: Readonly<Record<'arguments' | 'captured' | 'read' | 'results' | 'states', readonly Port[]>>
  /** By name, what the session reads and writes to: kept, because building such objects takes as long as all the rest. */
  private readonly feeds: Record<string, object | null> = {}
  private readonly fetches: Record<string, object | null> = {}
  /** For each assigned variable, whether the graph may write over the value that it is fed for it. */
  private readonly inPlace: readonly boolean[]
  /** For each other assigned variable, the value that it showed before the last run: what the next run writes to. */
  private readonly spares: (Value | undefined)[]

  constructor(
    private readonly backend: OnnxBackend,
    private readonly key: string,
    fn: (...args: Arguments) => Result,
    args: Arguments,
    tensors: readonly tf.Tensor[],
    precision: Precision = 'float32',
  ) {
    const started = performance.now()
    let result: Result | undefined
    this.trace = record(backend, tensors, (placeholders) => {
      result = checkSynchronous(fn(...(unflatten(args, placeholders.values()))))
      return flatten(result, 'the result').tensors
    })
    this.shapeOfResult = result as Result
    const { placeholders, captured, read, assigned, results } = this.trace
    const outputs = [...results, ...assigned.map(({ after }) => after)]
    this.provider = backend.evaluator.options.provider
    let nodes = optimizeStatic(outputs)
    if (this.provider === 'webgpu') {
      composeMissing(nodes)
      nodes = pendingNodes(outputs)
    }
    if (precision === 'float16') {
      const weights = new Set(read.map(({ value }) => value))
      nodes = halvePrecision(outputs, { weights, others: new Set([...placeholders, ...captured]) })
    }
    this.ports = {
      arguments: portsOf('a', placeholders),
      captured: portsOf('c', captured),
      read: portsOf('v', read.map(({ value }) => value)),
      results: portsOf('r', results),
      states: portsOf('s', assigned.map(({ after }) => after)),
    }
    this.model = buildModel({
      nodes,
      inputs: [...this.ports.arguments, ...this.ports.captured, ...this.ports.read],
      outputs: bordered([...this.ports.results, ...this.ports.states], backend.evaluator.resident),
    })
    // ONNX Runtime orders the graph by searching it from the last output on.
    const peak = peakBytes(pendingNodes([...outputs].reverse()), outputs)
    this.bytes = graphBytes(this.model, peak)
    const valueOf = new Map(read.map(({ variable, value }) => [variable, value]))
    const updates = assigned.map(({ variable, after }) => ({ before: valueOf.get(variable), after }))
    this.inPlace = overwritable(nodes, outputs, updates)
    this.spares = assigned.map(() => undefined)
    // The graph is compiled: only its borders are still needed, and of what variables held, nothing.
    for (const node of nodes) for (const value of node.outputs) value.node = undefined
    for (const { value, holders } of read) value.holders = holders
    this.recorded = { nodes: nodes.length, peak, milliseconds: performance.now() - started }
  }

  /** Whether this was compiled for the backend and the device that it computes on now. */
  fits(backend: OnnxBackend): boolean {
    return backend === this.backend && backend.evaluator.options.provider === this.provider
  }

  run(tensors: readonly tf.Tensor[]): Result {
    const { backend, trace, ports, feeds, fetches } = this
    const { evaluator } = backend
    for (const { variable } of trace.assigned) checkAlive(variable)
    this.fill(tensors)
    // Last: what filling computes and sends to the device may push other sessions out of the cache.
    const session = evaluator.session(this.key, this.bytes, () => this.compile())
    const results = trace.results.map(empty)
    const states = trace.assigned.map(({ variable, after }, i) => {
      const old = session.resident || !this.inPlace[i] ? undefined : this.ownValue(variable, tensors)
      return old ?? this.spares[i] ?? empty(after)
    })
    const fetchFor = (value: Value): object | null => (session.resident ? null : feed(filled(value)))
    results.forEach((value, i) => (fetches[nameIn(ports.results, i)] = fetchFor(value)))
    states.forEach((value, i) => (fetches[nameIn(ports.states, i)] = fetchFor(value)))
    if (session.resident) {
      const computed = session.run(feeds as Record<string, object>, fetches)
      results.forEach((value, i) => adopt(value, computed[nameIn(ports.results, i)] as Tensor))
      states.forEach((value, i) => adopt(value, computed[nameIn(ports.states, i)] as Tensor))
    } else {
      fetches.written = writtenTo
      session.runInto(feeds as Record<string, object>, fetches as Record<string, object>)
    }
    this.letGo()
    trace.assigned.forEach(({ variable }, i) => {
      own(backend, variable)
      const old = backend.replace(variable.dataId, states[i] as Value)
      this.spares[i] = old !== states[i] && old.data && old.tensors + old.holders === 0 ? old : undefined
    })
    return unflatten(this.shapeOfResult, results.map((value) => tensorOf(backend, value)).values())
  }

  /** Runs the graph some times under the profiler; variables keep their values. */
  explain(tensors: readonly tf.Tensor[]): Explanation {
    const { ports, recorded, model } = this
    this.fill(tensors)
    let compile = 0
    const events = profiled((prefix) => {
      const started = performance.now()
      const session = this.compile(prefix)
      compile = performance.now() - started
      const fetches = Object.fromEntries([...ports.results, ...ports.states].map(({ name }) => [name, null]))
      for (let i = 0; i < EXPLAINED_RUNS; i++) {
        const computed = session.run(this.feeds as Record<string, object>, fetches)
        if (session.resident) for (const tensor of Object.values(computed)) tensor.dispose()
      }
      session.dispose()
    })
    this.letGo()
    return explanation({
      device: this.provider,
      recorded: recorded.nodes,
      bytes: {
        arguments: bytesOf(ports.arguments),
        variables: bytesOf(ports.read),
        spares: bytesOf(ports.states.filter((_, i) => !this.inPlace[i])),
        constants: bytesOf(ports.captured) + model.byteLength,
        results: bytesOf(ports.results),
        peak: recorded.peak,
      },
      compileMilliseconds: { trace: recorded.milliseconds, compile },
      ...timesOf(events),
    })
  }

  /** The graph's inputs for these arguments and the present values of variables. */
  private fill(tensors: readonly tf.Tensor[]): void {
    const { trace, ports, feeds } = this
    tensors.forEach((tensor, i) => (feeds[nameIn(ports.arguments, i)] = feed(this.valueOf(tensor))))
    trace.captured.forEach((value, i) => (feeds[nameIn(ports.captured, i)] = this.keptFeed(value)))
    trace.read.forEach(({ variable }, i) => (feeds[nameIn(ports.read, i)] = this.keptFeed(this.valueOf(variable))))
  }

  /** What only this call needed is the collector's again. */
  private letGo(): void {
    for (const { name } of this.ports.arguments) this.feeds[name] = null
    for (const { name } of this.ports.results) this.fetches[name] = null
  }

  private compile(profile?: string): Session {
    const { options, resident } = this.backend.evaluator
    return new Session(this.model, { ...options, resident, ...(profile === undefined ? {} : { profile }) })
  }

  dispose(): void {
    for (const value of this.trace.captured) {
      value.holders--
      value.freeIfUnused()
    }
    this.backend.evaluator.drop(this.key)
  }

  /** The feed of a value that later calls will need too. */
  private keptFeed(value: Value): object {
    this.backend.evaluator.upload(value)
    return feed(value)
  }

  /** What a variable holds, if nothing else holds it. */
  private ownValue(variable: tf.Variable, args: readonly tf.Tensor[]): Value | undefined {
    const value = this.backend.valueFor(variable)
    const alone = value.tensors === 1 && value.holders === 0 && this.backend.refCount(variable.dataId) === 1
    return alone && !args.some(({ dataId }) => dataId === variable.dataId) ? value : undefined
  }

  private valueOf(tensor: tf.Tensor): Value {
    checkAlive(tensor)
    const value = this.backend.valueFor(tensor)
    if (value.pending) this.backend.compute([value])
    return value
  }
}

function portsOf(prefix: string, values: readonly Value[]): Port[] {
  return values.map((value, i) => ({ name: `${prefix}${i}`, value }))
}

function bytesOf(ports: readonly Port[]): number {
  return ports.reduce((sum, { value }) => sum + value.size * bytesPerElement(value.type), 0)
}

function nameIn(ports: readonly Port[], i: number): string {
  return (ports[i] as Port).name
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
