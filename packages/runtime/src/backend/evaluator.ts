/**
 * Computes pending values. A graph seen for the first time runs operator by operator, on sessions of one operator
 * that serve every shape; one seen again is compiled whole and kept under its structural key.
 */
import { addNode, allocate, type Attribute, Ints, type Node, pendingNodes, type TypedArray, Value } from '../graph/graph.js'
import { peakBytes } from '../graph/memory.js'
import { Dimension } from '../graph/dimension.js'
import { buildModel, type Port } from '../onnx/model.js'
import { feedOf, Session } from '../onnx/session.js'
import { SessionCache } from './session-cache.js'

/** Structural keys that are remembered as seen once. */
const REMEMBERED_GRAPHS = 4096

export class Evaluator {
  private readonly sessions: SessionCache
  private readonly seen = new Set<string>()

  constructor(
    private readonly options: { threads?: number },
    cacheBytes: number,
  ) {
    this.sessions = new SessionCache(cacheBytes)
  }

  /** Makes `roots` concrete, and with them every value on the way that somebody still holds (`live`). */
  evaluate(roots: Iterable<Value>, live: ReadonlySet<Value>): Value[] {
    const nodes = pendingNodes(roots)
    if (nodes.length === 0) return []
    const wanted = new Set<Value>()
    for (const node of nodes) for (const value of node.outputs) if (live.has(value)) wanted.add(value)
    for (const root of roots) if (root.pending) wanted.add(root)
    const outputs = [...wanted]
    const { key, inputs } = structure(nodes, outputs)
    const results = this.seen.has(key) ? this.runWhole(key, nodes, inputs, outputs) : this.runByOperator(nodes, outputs)
    this.remember(key)
    outputs.forEach((value, i) => {
      value.data = results[i] as TypedArray
      value.node = undefined
    })
    release(nodes)
    return outputs
  }

  /** A session of the common cache, compiled if it is not there or no longer there. */
  session(key: string, bytes: number, compile: () => Session): Session {
    return this.sessions.get(key, () => ({ session: compile(), bytes }))
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

  private runWhole(key: string, nodes: Node[], inputs: Value[], outputs: Value[]): TypedArray[] {
    const session = this.sessions.get(key, () => {
      const model = buildModel({ nodes, inputs: ports('i', inputs), outputs: ports('o', outputs) })
      return { session: new Session(model, this.options), bytes: model.byteLength + peakBytes(nodes, outputs) }
    })
    const feeds: Record<string, object> = {}
    inputs.forEach((value, i) => (feeds[`i${i}`] = feed(value)))
    const results = outputs.map((value) => allocate(value.type, value.size))
    const fetches: Record<string, object> = {}
    outputs.forEach((value, i) => (fetches[`o${i}`] = feedOf(value.type, results[i] as TypedArray, value.shape)))
    session.run(feeds, fetches)
    return results
  }

  private runByOperator(nodes: Node[], outputs: Value[]): TypedArray[] {
    const computed = new Map<Value, TypedArray>()
    const lastUse = new Map<Value, Node>()
    for (const node of nodes) for (const input of node.inputs) if (input instanceof Value) lastUse.set(input, node)
    const kept = new Set(outputs)
    const dataOf = (value: Value): TypedArray => value.data ?? (computed.get(value) as TypedArray)
    for (const node of nodes) {
      const inputs = node.inputs.map((input) =>
        input instanceof Ints ? Value.concrete(int64Data(input), [input.values.length], 'int64') : input,
      )
      const session = this.operatorSession(node, inputs)
      const feeds: Record<string, object> = {}
      inputs.forEach((value, i) => {
        if (value) feeds[`i${i}`] = value.pending ? feedOf(value.type, dataOf(value), value.shape) : feed(value)
      })
      const fetches: Record<string, object> = {}
      node.outputs.forEach((value, i) => {
        const data = allocate(value.type, value.size)
        computed.set(value, data)
        fetches[`o${i}`] = feedOf(value.type, data, value.shape)
      })
      session.run(feeds, fetches)
      // What no later operator reads need not stay in memory until the end.
      for (const value of [...inputs, ...node.outputs]) {
        const last = value && lastUse.get(value)
        if (value && !kept.has(value) && (last === undefined || last === node)) computed.delete(value)
      }
    }
    return outputs.map((value) => computed.get(value) as TypedArray)
  }

  /** The session of one operator, whatever the lengths of its inputs' axes. */
  private operatorSession(node: Node, inputs: readonly (Value | undefined)[]): Session {
    const signature = inputs.map((v) => (v ? `${v.type}${v.shape.length}` : '-')).join(',')
    const key = `${node.domain}:${node.op}(${signature})->${node.outputs.length}${attributesKey(node.attributes)}`
    return this.sessions.get(key, () => {
      const placeholders = inputs.map((v) => v && new Value(v.shape, v.type))
      const outputs = addNode(node.op, placeholders, node.attributes, node.outputs, node.domain)
      const inputPorts: Port[] = []
      placeholders.forEach((value, i) => {
        if (!value) return
        const shape = value.shape.map((_, axis) => new Dimension({ kind: 'axis', name: `i${i}_${axis}` }))
        inputPorts.push({ name: `i${i}`, value, shape })
      })
      const outputPorts = outputs.map((value, i): Port => ({ name: `o${i}`, value, shape: 'unknown' }))
      const model = buildModel({ nodes: [outputs[0]?.node as Node], inputs: inputPorts, outputs: outputPorts })
      const session = new Session(model, { ...this.options, optimize: false, symbolic: true })
      return { session, bytes: model.byteLength + 16384 }
    })
  }
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
      for (const input of node.inputs) if (input instanceof Value) input.holders--
    }
  }
}


