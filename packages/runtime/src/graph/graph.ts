/**
 * The graph that TF.js programs become: nodes are ONNX operators, values their typed tensors. A value is either
 * pending (some node will compute it), concrete (its data are in the memory of the host or of a device), or a
 * placeholder (fed when the graph runs).
 */
import { outOfMemory } from '../errors.js'
import type { Extent } from './dimension.js'

/** Element types of values. TF.js knows the first three; the others appear only inside graphs, float16 as its bits. */
export type ElementType = 'float32' | 'int32' | 'bool' | 'int64' | 'uint32' | 'float16'

export type TypedArray = Float32Array | Int32Array | Uint8Array | BigInt64Array | Uint32Array | Uint16Array

/** An ONNX attribute: a number (`int` by default, `float` when wrapped), a string, a list of ints, or a graph. */
export type Attribute = number | Float | string | readonly Extent[] | Subgraph

/** A float attribute: ONNX types attributes, JavaScript numbers do not say. */
export class Float {
  constructor(readonly value: number) {}
}

/** A list of whole numbers handed to an operator as an int64 tensor: target shapes, axes, starts and ends. */
export class Ints {
  constructor(readonly values: readonly Extent[]) {}
}

export type Input = Value | Ints | undefined

/**
 * A graph that is an attribute of a node, as the body of `Scan` is. It knows values of the graph around it only as inputs
 * of that node: the operator's own come first, in `inputs`, and then those that ONNX lets the body refer to by name,
 * which are `captured` here. So whatever looks at a node's inputs sees all that it depends on.
 */
export class Subgraph {
  constructor(
    readonly inputs: readonly Value[],
    readonly captured: readonly Value[],
    readonly outputs: readonly Value[],
  ) {}

  get nodes(): Node[] {
    return pendingNodes(this.outputs)
  }

  /** What makes two bodies the same program. */
  toJSON(): unknown {
    const names = new Map<Input, string>()
    const name = (input: Input): string => {
      if (input instanceof Ints) return `[${input.values.join()}]`
      const known = names.get(input) ?? `v${names.size}`
      names.set(input, known)
      return known
    }
    const ends = [this.inputs, this.captured].map((values) => values.map(name))
    const nodes = this.nodes.map(({ op, inputs, attributes, outputs }) => [op, inputs.map(name), attributes, outputs.map(name)])
    return [ends, nodes, this.outputs.map(name)]
  }
}

let created = 0

/** How many nodes have been made: those made from now on have at least this serial number. */
export function nodesCreated(): number {
  return created
}

export class Node {
  readonly outputs: Value[] = []
  /** Nodes made later have larger numbers; none depends on one made after it. */
  readonly serial = created++

  constructor(
    readonly op: string,
    private sources: readonly Input[],
    readonly attributes: Readonly<Record<string, Attribute>>,
    readonly domain: '' | 'com.microsoft' = '',
  ) {}

  get inputs(): readonly Input[] {
    return this.sources
  }

  /** Lets the node read other values of the same shapes. */
  rewire(replacement: (input: Value) => Value): void {
    this.sources = this.sources.map((input) => {
      if (!(input instanceof Value)) return input
      const other = replacement(input)
      input.holders--
      other.holders++
      return other
    })
  }
}

/** Data in a device's memory, as ONNX Runtime takes them. The collector does not free them. */
export interface Resident {
  dispose(): void
}

/** Frees what values that nobody disposed of leave behind on a device: nodes that were never computed hold some. */
const forgotten = new FinalizationRegistry<Resident>((resident) => resident.dispose())

export class Value {
  /** The node that computes this value while it is pending. */
  node: Node | undefined
  /** The data of a concrete value in the host's memory, row-major; `bool` is one byte each. */
  data: TypedArray | undefined
  /** The data of a concrete value in the device's memory. */
  resident: Resident | undefined
  /** How many TF.js data ids show this value. */
  tensors = 0
  /** How many pending nodes and traces hold this value. */
  holders = 0
  /** The number that every element equals, where that is known: lets a trace simplify. */
  uniform: number | undefined
  /** The trace that made this value, if one was recording. */
  trace: object | undefined
  /** A wrapper that ONNX Runtime can be fed with, kept because making one costs more than a small operation. */
  feed: object | undefined

  constructor(
    readonly shape: readonly number[],
    readonly type: ElementType,
  ) {}

  get size(): number {
    return sizeOf(this.shape)
  }

  get pending(): boolean {
    return this.node !== undefined
  }

  /** Whether the data are there, wherever they lie. */
  get hasData(): boolean {
    return this.data !== undefined || this.resident !== undefined
  }

  /** Moves the data of a concrete value to a device's memory. */
  settle(resident: Resident): void {
    this.data = undefined
    this.resident = resident
    this.feed = resident
    forgotten.register(this, resident, this)
  }

  /** Frees the device's memory when nothing shows or holds the value any more. The host's is the collector's to free. */
  freeIfUnused(): void {
    if (this.resident && this.tensors + this.holders === 0) this.leave()
  }

  /** Frees the device's memory. */
  leave(): void {
    this.resident?.dispose()
    this.resident = undefined
    this.feed = undefined
    forgotten.unregister(this)
  }

  static concrete(data: TypedArray, shape: readonly number[], type: ElementType): Value {
    const value = new Value(shape, type)
    value.data = data
    return value
  }
}

/** Whether two shapes are equal. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i])
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1
  for (const d of shape) size *= d
  return size
}

/** The bytes that one element takes. */
export function bytesPerElement(type: ElementType): number {
  return type === 'bool' ? 1 : type === 'float16' ? 2 : type === 'int64' ? 8 : 4
}

/**
 * A zeroed array for `size` elements.
 *
 * @throws OutOfMemoryError when there is no memory for it.
 */
export function allocate(type: ElementType, size: number): TypedArray {
  try {
    return arrayOf(type, size)
  } catch (error) {
    throw outOfMemory(`a tensor of ${size.toLocaleString('en')} elements of ${type} could not be allocated`, error)
  }
}

function arrayOf(type: ElementType, size: number): TypedArray {
  switch (type) {
    case 'float32':
      return new Float32Array(size)
    case 'int32':
      return new Int32Array(size)
    case 'bool':
      return new Uint8Array(size)
    case 'int64':
      return new BigInt64Array(size)
    case 'uint32':
      return new Uint32Array(size)
    case 'float16':
      return new Uint16Array(size)
  }
}

/** An output to be of a new node: its shape and type. */
export interface OutputSpec {
  shape: readonly number[]
  type: ElementType
}

/** Adds a node and returns its outputs. */
export function addNode(
  op: string,
  inputs: readonly Input[],
  attributes: Readonly<Record<string, Attribute>>,
  outputs: readonly OutputSpec[],
  domain: '' | 'com.microsoft' = '',
): Value[] {
  const node = new Node(op, inputs, attributes, domain)
  for (const input of inputs) if (input instanceof Value) input.holders++
  for (const { shape, type } of outputs) {
    const value = new Value(shape, type)
    value.node = node
    node.outputs.push(value)
  }
  return node.outputs
}

/** The nodes that `roots` still need, in topological order. */
export function pendingNodes(roots: Iterable<Value>): Node[] {
  const order: Node[] = []
  const entered = new Set<Node>()
  const finished = new Set<Node>()
  const stack: Node[] = []
  for (const root of roots) {
    if (root.node) stack.push(root.node)
    while (stack.length > 0) {
      const node = stack.at(-1) as Node
      if (entered.has(node)) {
        stack.pop()
        if (!finished.has(node)) {
          finished.add(node)
          order.push(node)
        }
        continue
      }
      entered.add(node)
      // The first input's nodes come first, as in most programs: sizes are known from them when a mask needs them.
      for (let i = node.inputs.length - 1; i >= 0; i--) {
        const input = node.inputs[i]
        if (input instanceof Value && input.node && !entered.has(input.node)) stack.push(input.node)
      }
    }
  }
  return order
}
