/**
 * Computes pending values. A graph seen for the first time runs operator by operator, on sessions of one operator
 * that serve every shape; one seen again is compiled whole and kept under its structural key.
 */
import type { Tensor } from 'onnxruntime-common'
import { addNode, allocate, type Attribute, Ints, type Node, pendingNodes, type TypedArray, Value } from '../graph/graph.js'
import { peakBytes } from '../graph/memory.js'
import { Dimension } from '../graph/dimension.js'
import { usesOf } from '../graph/passes/rewrite.js'
import { composeMissing } from '../graph/webgpu.js'
import { buildModel, type Port } from '../onnx/model.js'
import { feedOf, type Provider, Session } from '../onnx/session.js'
import { bordered, writtenTo } from '../onnx/written.js'
import { graphBytes, SessionCache } from './session-cache.js'

/** Structural keys that are remembered as seen once. */
const REMEMBERED_GRAPHS = 4096

/** What computes, and with how many threads on the CPU. */
export interface ComputeOptions {
  provider: Provider
  threads: number
}

export class Evaluator {
  private readonly sessions: SessionCache
  private readonly seen = new Set<string>()
  /** The operators that ran on the CPU because the provider has them not, since this was last cleared. */
  readonly leftToCpu = new Set<string>()
  /** Whether results stay in the device's memory until they are read. */
  readonly resident: boolean

  constructor(
    readonly options: ComputeOptions,
    cacheBytes: number,
  ) {
    this.sessions = new SessionCache(cacheBytes)
    // ONNX Runtime's binding for Node keeps outputs of no other provider on the device.
    this.resident = options.provider === 'webgpu'
  }

  /**
   * Makes `roots` concrete, and with them every value on the way that somebody still holds: a tensor (`live`), or an
   * operation that is not computed yet.
   */
  evaluate(roots: Iterable<Value>, live: ReadonlySet<Value>): Value[] {
    if (this.options.provider === 'webgpu') composeMissing(pendingNodes(roots))
    const nodes = pendingNodes(roots)
    if (nodes.length === 0) return []
    const wanted = new Set<Value>()
    for (const node of nodes) for (const value of node.outputs) if (live.has(value)) wanted.add(value)
    for (const root of roots) if (root.pending) wanted.add(root)
    for (const [value, uses] of usesOf(nodes)) if (value.pending && value.holders > uses) wanted.add(value)
    const outputs = [...wanted]
    const { key, inputs } = structure(nodes, outputs)
    const results = this.seen.has(key) ? this.runWhole(key, nodes, inputs, outputs) : this.runByOperator(nodes, outputs)
    this.remember(key)
    outputs.forEach((value, i) => {
      adopt(value, results[i] as Tensor)
      value.node = undefined
    })
    release(nodes)
    return outputs
  }

  /** A session of the common cache, compiled if it is not there or no longer there. */
  session(key: string, bytes: number, compile: () => Session): Session {
    return this.sessions.get(key, () => ({ session: compile(), bytes }))
  }

  /** Moves a value's data to the device's memory, if results stay there: what is used often is not sent each time. */
  upload(value: Value): void {
    if (!this.resident || value.resident || value.size === 0) return
    const [output] = addNode('Identity', [new Value(value.shape, value.type)], {}, [value])
    const session = this.operatorSession((output as Value).node as Node, [value], true)
    const { o0 } = session.run({ i0: feed(value) }, { o0: null })
    value.settle(o0 as Tensor)
  }

  /** A copy of a value's data in the host's memory. */
  read(value: Value): TypedArray {
    if (!value.resident) return (value.data as TypedArray).slice()
    const [output] = addNode('Identity', [new Value(value.shape, value.type)], {}, [value])
    const session = this.operatorSession((output as Value).node as Node, [value], false)
    const data = allocate(value.type, value.size)
    session.run({ i0: value.resident }, { o0: feedOf(value.type, data, value.shape) })
    return data
  }

  /** Brings a value's data back from the device's memory. */
  bring(value: Value): void {
    const data = this.read(value)
    value.leave()
    value.data = data
  }

  /** Frees one session. */
  drop(key: string): void {
    this.sessions.drop(key)
  }

  /** Frees every session. */
  dispose(): void {
    this.sessions.clear()
    this.seen.clear()
  }

  get memory(): { sessions: number; bytes: number } {
    return { sessions: this.sessions.count, bytes: this.sessions.bytes }
  }

  private remember(key: string): void {
    if (this.seen.size >= REMEMBERED_GRAPHS) {
      for (const oldest of this.seen) {
        this.seen.delete(oldest)
        break
      }
    }
    this.seen.add(key)
  }

  private runWhole(key: string, nodes: Node[], inputs: Value[], outputs: Value[]): Tensor[] {
    const session = this.sessions.get(key, () => {
      const model = buildModel({ nodes, inputs: ports('i', inputs), outputs: bordered(ports('o', outputs), this.resident) })
      const bytes = graphBytes(model, peakBytes(nodes, outputs))
      return { session: new Session(model, { ...this.options, resident: this.resident }), bytes }
    })
    // Which of them ONNX Runtime does not say.
    if (session.fallsBack) this.leftToCpu.add(nodes.map(({ op }) => op).join('|'))
    const feeds: Record<string, object> = {}
    inputs.forEach((value, i) => (feeds[`i${i}`] = feed(value)))
    return execute(session, feeds, outputs)
  }

  private runByOperator(nodes: Node[], outputs: Value[]): Tensor[] {
    const computed = new Map<Value, Tensor>()
    const lastUse = new Map<Value, Node>()
    for (const node of nodes) for (const input of node.inputs) if (input instanceof Value) lastUse.set(input, node)
    const kept = new Set(outputs)
    const forget = (value: Value): void => {
      if (this.resident) computed.get(value)?.dispose()
      computed.delete(value)
    }
    try {
      for (const node of nodes) {
        const inputs = node.inputs.map((input) =>
          input instanceof Ints ? Value.concrete(int64Data(input), [input.values.length], 'int64') : input,
        )
        const session = this.operatorSession(node, inputs, this.resident)
        const feeds: Record<string, object> = {}
        inputs.forEach((value, i) => {
          if (value) feeds[`i${i}`] = value.pending ? (computed.get(value) as Tensor) : feed(value)
        })
        const results = execute(session, feeds, node.outputs)
        node.outputs.forEach((value, i) => computed.set(value, results[i] as Tensor))
        // What no later operator reads need not stay in memory until the end.
        for (const value of [...inputs, ...node.outputs]) {
          const last = value && lastUse.get(value)
          if (value && !kept.has(value) && (last === undefined || last === node)) forget(value)
        }
      }
    } catch (error) {
      for (const value of computed.keys()) forget(value)
      throw error
    }
    return outputs.map((value) => computed.get(value) as Tensor)
  }

  /** The session of one operator, whatever the lengths of its inputs' axes. */
  private operatorSession(node: Node, inputs: readonly (Value | undefined)[], resident: boolean): Session {
    const signature = inputs.map((v) => (v ? `${v.type}${v.shape.length}` : '-')).join(',')
    const where = resident ? '@' : ''
    const key = `${where}${node.domain}:${node.op}(${signature})->${node.outputs.length}${attributesKey(node.attributes)}`
    const session = this.sessions.get(key, () => {
      const model = operatorModel(node, inputs, resident)
      return { session: new Session(model, { ...this.options, optimize: false, resident }), bytes: model.byteLength + 16384 }
    })
    if (session.fallsBack) this.leftToCpu.add(node.op)
    return session
  }
}

/** The model of one operator whose inputs' axes have any length. */
function operatorModel(node: Node, inputs: readonly (Value | undefined)[], resident: boolean): Uint8Array {
  const placeholders = inputs.map((v) => v && new Value(v.shape, v.type))
  const outputs = addNode(node.op, placeholders, node.attributes, node.outputs, node.domain)
  const inputPorts: Port[] = []
  placeholders.forEach((value, i) => {
    if (!value) return
    const shape = value.shape.map((_, axis) => new Dimension({ kind: 'axis', name: `i${i}_${axis}` }))
    inputPorts.push({ name: `i${i}`, value, shape })
  })
  const outputPorts = outputs.map((value, i): Port => ({ name: `o${i}`, value, shape: 'unknown' }))
  return buildModel({ nodes: [outputs[0]?.node as Node], inputs: inputPorts, outputs: bordered(outputPorts, resident) })
}

/** Runs a session for the outputs `values`: into new arrays, or left on the device. */
function execute(session: Session, feeds: Record<string, object>, values: readonly Value[]): Tensor[] {
  const fetches: Record<string, Tensor | null> = {}
  if (session.resident) {
    values.forEach((_, i) => (fetches[`o${i}`] = null))
    const results = session.run(feeds, fetches)
    return values.map((_, i) => results[`o${i}`] as Tensor)
  }
  const tensors = values.map(({ type, size, shape }) => feedOf(type, allocate(type, size), shape))
  tensors.forEach((tensor, i) => (fetches[`o${i}`] = tensor))
  session.runInto(feeds, { ...fetches, written: writtenTo } as Record<string, object>)
  return tensors
}

/** Gives a value the data that a run computed for it. */
export function adopt(value: Value, tensor: Tensor): void {
  if (tensor.location === 'gpu-buffer') value.settle(tensor)
  else value.data = tensor.data as TypedArray
}

/** A concrete value as ONNX Runtime takes it. */
export function feed(value: Value): object {
  if (!value.feed) {
    if (!value.data) throw new Error('A value without data was fed to a graph: this is a defect of the runtime.')
    value.feed = feedOf(value.type, value.data, value.shape)
  }
  return value.feed
}

function ports(prefix: string, values: readonly Value[]): Port[] {
  return values.map((value, i) => ({ name: `${prefix}${i}`, value }))
}

function int64Data(ints: Ints): BigInt64Array {
  return BigInt64Array.from(ints.values, (v) => BigInt(v as number))
}

function attributesKey(attributes: Readonly<Record<string, Attribute>>): string {
  const text = JSON.stringify(attributes)
  return text === '{}' ? '' : text
}

/** What makes two graphs the same program: operators, attributes, wiring, and the shapes of what is fed. */
function structure(nodes: readonly Node[], outputs: readonly Value[]): { key: string; inputs: Value[] } {
  const index = new Map<Value, string>()
  const inputs: Value[] = []
  const parts: string[] = []
  for (const node of nodes) {
    const wires = node.inputs.map((input) => {
      if (input === undefined) return '-'
      if (input instanceof Ints) return `[${input.values.join(',')}]`
      let name = index.get(input)
      if (name === undefined) {
        name = `i${inputs.length}`
        index.set(input, name)
        inputs.push(input)
        parts.push(`${name}=${input.type}[${input.shape.join(',')}]`)
      }
      return name
    })
    parts.push(`${node.op}(${wires.join(' ')})${attributesKey(node.attributes)}`)
    for (const value of node.outputs) if (value.pending) index.set(value, `v${index.size}`)
  }
  parts.push(outputs.map((value) => index.get(value)).join(' '))
  return { key: parts.join(';'), inputs }
}

/** Computed nodes no longer hold their inputs, unless a value on the way is still wanted by another pending node. */
function release(nodes: readonly Node[]): void {
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as Node
    if (node.outputs.every((value) => !value.pending || value.holders + value.tensors === 0)) {
      for (const input of node.inputs) {
        if (!(input instanceof Value)) continue
        input.holders--
        input.freeIfUnused()
      }
    }
  }
}
