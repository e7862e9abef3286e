/** A pass over a traced graph: what is inside checkpointed blocks is computed again for their gradients. */
import { addNode, type Node, pendingNodes, Value } from '../graph/graph.js'
import { op, reshape, slice } from '../kernels/registry.js'

/** What `checkpoint` recorded of one call. Numbers are serial numbers of nodes. */
export interface CheckpointBlock {
  /** The block's nodes were made from this one on, */
  readonly from: number
  /** and before this one. */
  readonly to: number
  readonly outputs: ReadonlySet<Value>
  /** The gradient of an output, if one was asked for, and the first node that was made after it was known. */
  backward: { gradient: Value; from: number } | undefined
}

/**
 * Gives every block's gradient its own copy of what it needs from inside the block. The copies start from the block's
 * inputs behind a barrier that opens when the gradient of the block's output is there: without one, the compiler would
 * find that the copies equal the originals and keep those, or compute them long before they are needed.
 */
export function recompute(blocks: readonly CheckpointBlock[], roots: readonly Value[]): void {
  for (const block of blocks) if (block.backward?.gradient.size) new Recomputation(block, block.backward).run(pendingNodes(roots))
}

class Recomputation {
  private readonly copies = new Map<Value, Value>()
  private readonly behind = new Map<Value, Value>()
  private closed: Value | undefined

  constructor(
    private readonly block: CheckpointBlock,
    private readonly backward: { gradient: Value; from: number },
  ) {}

  run(nodes: readonly Node[]): void {
    const readers = nodes.filter((node) => node.serial >= this.backward.from)
    const wanted = new Set<Value>()
    for (const node of readers) for (const input of node.inputs) if (this.isInside(input)) wanted.add(input)
    if (wanted.size === 0) return
    for (const node of pendingNodes(wanted)) if (this.contains(node)) this.copy(node)
    for (const node of readers) node.rewire((input) => this.copies.get(input) ?? input)
  }

  private contains({ serial }: Node): boolean {
    return serial >= this.block.from && serial < this.block.to
  }

  /** Whether a value is computed in the block and not kept as one of its outputs. */
  private isInside(input: Value | unknown): input is Value {
    return input instanceof Value && input.node !== undefined && this.contains(input.node) && !this.block.outputs.has(input)
  }

  private copy(node: Node): void {
    const inputs = node.inputs.map((input) => {
      if (!(input instanceof Value)) return input
      // Weights and constants are there all the time.
      return this.copies.get(input) ?? (input.pending || isPlaceholder(input) ? this.behindBarrier(input) : input)
    })
    const outputs = addNode(node.op, inputs, node.attributes, node.outputs, node.domain)
    node.outputs.forEach((value, i) => {
      // Outputs of the block are kept, and so are taken as they are.
      if (!this.block.outputs.has(value)) this.copies.set(value, outputs[i] as Value)
    })
  }

  /** The same elements, but not before the gradient is known, and no one can tell that they are the same. */
  private behindBarrier(value: Value): Value {
    let result = this.behind.get(value)
    if (!result) {
      this.closed ??= neverTrue(this.backward.gradient)
      // ONNX Runtime's Where takes no booleans.
      result =
        value.type === 'bool'
          ? op('Or', [this.closed, value], value.shape, 'bool')
          : op('Where', [this.closed, value, value], value.shape, value.type)
      this.behind.set(value, result)
    }
    return result
  }
}

function isPlaceholder(value: Value): boolean {
  return !value.pending && !value.hasData
}

/** False, as a scalar that depends on an element of `x`. */
function neverTrue(x: Value): Value {
  const element = reshape(slice(x, x.shape.map(() => 0), x.shape.map(() => 1)), [])
  return op('Less', [element, element], [], 'bool')
}
