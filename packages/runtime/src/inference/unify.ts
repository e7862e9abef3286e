/** Several traces of one function at different sizes become one graph in which those sizes are known at run time. */
import { Dimension, type Extent } from '../graph/dimension.js'
import { addNode, Ints, type Node, Value } from '../graph/graph.js'

/** One trace, as unification reads it. */
export interface SizedTrace {
  nodes: readonly Node[]
  inputs: readonly Value[]
  outputs: readonly Value[]
}

export interface SymbolicGraph {
  nodes: Node[]
  outputs: Value[]
  outputShapes: Extent[][]
}

/** A size as the traces saw it, one number per trace. */
type Observed = readonly number[]

/**
 * Unifies traces of the same operations. A number that differs between traces is expressed by the lengths of inputs'
 * axes (named in `axes`) and of values computed before it.
 *
 * @throws when the traces differ in more than sizes.
 */
export function unify(traces: readonly SizedTrace[], axes: readonly (readonly (number | string)[])[]): SymbolicGraph {
  return new Unification(traces).run(axes)
}

class Unification {
  private readonly known: { sizes: Observed; extent: Extent }[] = []
  /** What stands in the unified graph for a value of the first trace. */
  private readonly unified = new Map<Value, Value>()
  private readonly first: SizedTrace

  constructor(private readonly traces: readonly SizedTrace[]) {
    this.first = traces[0] as SizedTrace
  }

  run(axes: readonly (readonly (number | string)[])[]): SymbolicGraph {
    axes.forEach((names, i) => {
      names.forEach((name, axis) => {
        if (typeof name !== 'string') return
        const sizes = this.traces.map((t) => t.inputs[i]?.shape[axis] as number)
        if (!this.find(sizes)) this.known.push({ sizes, extent: new Dimension({ kind: 'axis', name }) })
      })
    })
    for (const input of this.first.inputs) this.unified.set(input, input)
    const counts = this.traces.map((t) => t.nodes.length)
    if (counts.some((count) => count !== counts[0])) {
      throw new Error(
        `The number of operations depends on the size of an input (${counts.join(', ')} at the sizes tried): a loop over ` +
          'a run-time axis cannot be in an inference graph. Make that axis a fixed number, or use whole-tensor operations.',
      )
    }
    const nodes: Node[] = []
    for (let i = 0; i < this.first.nodes.length; i++) this.addNode(this.traces.map((t) => t.nodes[i] as Node), nodes)
    const outputs = this.first.outputs.map((_, i) => this.input(this.traces.map((t) => t.outputs[i] as Value), nodes))
    const outputShapes = this.first.outputs.map((_, i) => this.shape(this.traces.map((t) => (t.outputs[i] as Value).shape)))
    return { nodes, outputs, outputShapes }
  }

  private addNode(versions: readonly Node[], nodes: Node[]): void {
    const [first] = versions as [Node]
    for (const other of versions) {
      const same =
        other.op === first.op &&
        other.inputs.length === first.inputs.length &&
        JSON.stringify(other.attributes) === JSON.stringify(first.attributes)
      if (!same) {
        throw new Error(
          `The operations depend on the size of an input: ${describe(first)} at one size, ${describe(other)} at another. ` +
            'An inference graph must do the same whatever the sizes.',
        )
      }
    }
    const inputs = first.inputs.map((input, k) => {
      if (input === undefined) return undefined
      if (input instanceof Ints) {
        const lists = versions.map((node) => (node.inputs[k] as Ints).values as readonly number[])
        return new Ints(this.shape(lists))
      }
      return this.input(versions.map((node) => node.inputs[k] as Value), nodes)
    })
    const outputs = addNode(first.op, inputs, first.attributes, first.outputs, first.domain)
    nodes.push(outputs[0]?.node as Node)
    first.outputs.forEach((value, k) => {
      const output = outputs[k] as Value
      this.unified.set(value, output)
      value.shape.forEach((_, axis) => {
        const sizes = versions.map((node) => (node.outputs[k] as Value).shape[axis] as number)
        if (isConstant(sizes) || this.find(sizes)) return
        const label = `${first.op}${nodes.length}_${axis}`
        this.known.push({ sizes, extent: new Dimension({ kind: 'of', value: output, axis, label }) })
      })
    })
  }

  /** The unified graph's value for one that a node reads: computed before, or a constant of every trace. */
  private input(versions: readonly Value[], nodes: Node[]): Value {
    const [first] = versions as [Value]
    const mapped = this.unified.get(first)
    if (mapped) return mapped
    const result = this.constant(versions, nodes)
    this.unified.set(first, result)
    return result
  }

  private constant(versions: readonly Value[], nodes: Node[]): Value {
    const [first] = versions as [Value]
    if (versions.every((value) => value === first || sameData(value, first))) return first
    const shape = this.shape(versions.map((value) => value.shape))
    if (first.uniform === undefined || versions.some((value) => value.uniform !== first.uniform)) {
      throw new Error(
        `A constant of shape [${shape.join(', ')}] was made from the size of an input: inside an inference graph its ` +
          'elements must be computed. Use iota of @parlance/runtime, zeros, ones or a captured table.',
      )
    }
    const one = Value.concrete((first.data as Float32Array).slice(0, 1), [], first.type)
    one.uniform = first.uniform
    const [expanded] = addNode('Expand', [one, new Ints(shape)], {}, [first]) as [Value]
    nodes.push(expanded.node as Node)
    return expanded
  }

  /** A list of sizes, each the same in all traces or expressed by what is known. */
  private shape(versions: readonly (readonly number[])[]): Extent[] {
    const [first] = versions as [readonly number[]]
    return first.map((_, i) => this.express(versions.map((list) => list[i] as number)))
  }

  private express(sizes: Observed): Extent {
    if (isConstant(sizes)) return sizes[0] as number
    const extent = this.find(sizes) ?? this.compose(sizes)
    if (extent === undefined) {
      throw new Error(
        `A size that was ${sizes.join(', ')} when the function was traced at three sizes is no sum or product of the ` +
          "inputs' axes: name the axis that it comes from, or compute it from a tensor's shape.",
      )
    }
    return extent
  }

  private find(sizes: Observed): Extent | undefined {
    return this.known.find((k) => equal(k.sizes, sizes))?.extent
  }

  private compose(sizes: Observed): Extent | undefined {
    const one = { sizes: sizes.map(() => 1), extent: 1 as Extent }
    for (const a of this.known) {
      const offsets = sizes.map((s, i) => s - (a.sizes[i] as number))
      if (isConstant(offsets)) return new Dimension({ kind: 'add', left: a.extent, right: offsets[0] as number })
      for (const b of [one, ...this.known]) {
        const factors = sizes.map((s, i) => s / ((a.sizes[i] as number) * (b.sizes[i] as number)))
        if (isConstant(factors) && Number.isInteger(factors[0])) return times(times(a.extent, b.extent), factors[0] as number)
        const sums = sizes.map((s, i) => s - (a.sizes[i] as number) - (b.sizes[i] as number))
        if (b !== one && isConstant(sums)) return plus(plus(a.extent, b.extent), sums[0] as number)
      }
    }
    return undefined
  }
}

function times(left: Extent, right: Extent): Extent {
  return right === 1 ? left : new Dimension({ kind: 'multiply', left, right })
}

function plus(left: Extent, right: Extent): Extent {
  return right === 0 ? left : new Dimension({ kind: 'add', left, right })
}

function isConstant(values: readonly number[]): boolean {
  return values.every((v) => v === values[0])
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((v, i) => v === b[i])
}

function sameData(a: Value, b: Value): boolean {
  const [x, y] = [a.data, b.data]
  if (!x || !y || a.type !== b.type || !equal(a.shape, b.shape)) return false
  return Buffer.compare(bytes(x), bytes(y)) === 0
}

function bytes(data: ArrayBufferView): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}

function describe(node: Node): string {
  return `${node.op}${JSON.stringify(node.attributes)}`
}
