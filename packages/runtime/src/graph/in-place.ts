/** Which states a graph may write over: the memory of a step's parameters and moments is then needed once, not twice. */
import { type Node, sameShape, Value } from './graph.js'
import { VIEWS } from './memory.js'

/** A state of the graph: the value fed for it, and the one that takes its place. */
export interface StateUpdate {
  /** Undefined if the graph does not read the state. */
  before: Value | undefined
  after: Value
}

/** Operators that read no element of an input after they wrote to the same place of the output. */
const ELEMENTWISE = new Set(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Where', 'Sum'])

/** Operators that fail on an index out of bounds: no state may have changed by then. */
const INDEXING = /^(Gather|Scatter)/

/**
 * For each state, whether its new value may be written over the old one while the graph runs. It may if everything that
 * reads the old value, and everything that can still fail, is needed for the new one, and so comes before it.
 *
 * @param nodes in topological order
 * @param outputs all that the graph gives back
 */
export function overwritable(nodes: readonly Node[], outputs: readonly Value[], states: readonly StateUpdate[]): boolean[] {
  const order = new Map(nodes.map((node, i) => [node, i]))
  const readers = readersOf(nodes)
  const indexing = indexingNodes(nodes)
  const before = new Precedence(nodes, order)
  const given = new Set(outputs)
  return states.map(({ before: old, after }) => {
    const writer = after.node
    if (!old || !writer || old.type !== after.type || old.size !== after.size || given.has(old)) return false
    if (outputs.filter((output) => output === after).length > 1) return false
    const direct = writer.inputs.includes(old)
    if (direct && !(ELEMENTWISE.has(writer.op) && sameShape(old.shape, after.shape))) return false
    const needed = (node: Node): boolean => node === writer || before.needs(writer, node)
    return (readers.get(old) ?? []).every(needed) && indexing.every((alike) => alike.some(needed))
  })
}

/** Nodes that take indices, those together that fail on the same ones. */
function indexingNodes(nodes: readonly Node[]): Node[][] {
  const numbers = new Map<Value, number>()
  const found = new Map<string, Node[]>()
  for (const node of nodes) {
    if (!INDEXING.test(node.op)) continue
    const indices = uncast(node.inputs[1] as Value)
    if (!numbers.has(indices)) numbers.set(indices, numbers.size)
    const { shape } = node.inputs[0] as Value
    const way = node.op.replace(INDEXING, '')
    const key = `${numbers.get(indices)} ${way} ${String(node.attributes.axis ?? 0)} ${shape.join()}`
    const alike = found.get(key)
    if (alike) alike.push(node)
    else found.set(key, [node])
  }
  return [...found.values()]
}

/** Whole numbers are converted anew for each operator that takes them as int64. */
function uncast(indices: Value): Value {
  return indices.node?.op === 'Cast' ? (indices.node.inputs[0] as Value) : indices
}

/** For each value the nodes that read its memory, through views too. A view that is a result is read by nobody's node. */
function readersOf(nodes: readonly Node[]): Map<Value, Node[]> {
  const owners = new Map<Value, Value>()
  const readers = new Map<Value, Node[]>()
  for (const node of nodes) {
    for (const input of node.inputs) {
      if (!(input instanceof Value)) continue
      const owner = owners.get(input) ?? input
      const found = readers.get(owner)
      if (found) found.push(node)
      else readers.set(owner, [node])
      if (VIEWS.has(node.op) && node.inputs[0] === input) owners.set(node.outputs[0] as Value, owner)
    }
  }
  return readers
}

/** Which nodes need which, as one bit for each pair. */
class Precedence {
  private readonly words: number
  private readonly bits: Uint32Array

  constructor(
    nodes: readonly Node[],
    private readonly order: ReadonlyMap<Node, number>,
  ) {
    this.words = Math.ceil(nodes.length / 32)
    this.bits = new Uint32Array(nodes.length * this.words)
    nodes.forEach((node, i) => {
      for (const input of node.inputs) {
        const source = input instanceof Value && input.node ? order.get(input.node) : undefined
        if (source === undefined) continue
        for (let w = 0; w < this.words; w++) this.bits[i * this.words + w]! |= this.bits[source * this.words + w]!
        this.bits[i * this.words + (source >>> 5)]! |= 1 << (source & 31)
      }
    })
  }

  /** Whether `node` cannot run before `earlier` has. */
  needs(node: Node, earlier: Node): boolean {
    const i = this.order.get(node)
    const j = this.order.get(earlier)
    if (i === undefined || j === undefined) return false
    return (((this.bits[i * this.words + (j >>> 5)] as number) >>> (j & 31)) & 1) === 1
  }
}
