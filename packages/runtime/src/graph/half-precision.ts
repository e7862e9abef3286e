/**
 * Mixed precision as a rewrite of a whole graph, forward and backward pass and update alike (Micikevicius et al., "Mixed
 * Precision Training", ICLR 2018): products compute in float16, sums and what may overflow in float32, and what lies
 * between two products stays in float16 where that needs no conversion more. Everything that enters or leaves the graph
 * is float32: parameters and optimizer state keep their precision.
 */
import { toFloat16 } from '../half-floats.js'
import { addNode, type Input, type Node, pendingNodes, Value } from './graph.js'

/** ONNX's numbers for the two types. */
const [FLOAT32, FLOAT16] = [1, 10]

/** What half precision is for. */
const PRODUCTS = new Set(['Gemm', 'MatMul', 'FusedMatMul', 'Conv', 'ConvTranspose', 'Einsum'])
/** Computed in float16 between products: what cannot turn numbers of float16's range into others that matter more. */
const ELEMENTWISE = new Set(
  ['Add', 'Sub', 'Mul', 'Neg', 'Abs', 'Max', 'Min', 'Clip', 'Where'].concat([
    'Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Selu', 'Sigmoid', 'HardSigmoid', 'Tanh', 'Erf', 'Gelu', 'Sign',
  ]),
)
/** Elements pass as they are. */
const PASSING = new Set(
  ['Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Transpose', 'Expand', 'Tile', 'Concat', 'Split', 'Slice', 'Pad', 'Gather', 'GatherND', 'GatherElements'],
)

/** The largest and the least normal number of float16. */
const LARGEST = 65504
const LEAST_NORMAL = 2 ** -14

/** What a graph is fed with: numbers that are not constants of it. */
export interface Borders {
  /** Variables: a conversion of one is small beside the products that need it, and is shared. */
  weights: ReadonlySet<Value>
  /** Arguments and captured tensors. */
  others: ReadonlySet<Value>
}

/**
 * The nodes of an optimized graph in mixed precision. `outputs` keep their identity and type.
 *
 * Numbers that are computed and too large for float16 become infinite, which loss scaling looks for; constants (masks of
 * −1e9 and the like) become ±65504 and stay finite.
 */
export function halvePrecision(outputs: readonly Value[], borders: Borders): Node[] {
  const nodes = pendingNodes(outputs)
  new HalfPrecision(nodes, outputs, borders).run()
  return pendingNodes(outputs)
}

class HalfPrecision {
  /** The float16 counterpart of a float32 value. */
  private readonly halves = new Map<Value, Value>()
  /** Values that a node computes in float16. */
  private readonly computed = new Set<Value>()
  /** Values that would be used in float16, and those that are needed in float32. */
  private readonly wanted = new Set<Value>()
  private readonly wantedFull: Set<Value>

  constructor(
    private readonly nodes: readonly Node[],
    outputs: readonly Value[],
    private readonly borders: Borders,
  ) {
    this.wantedFull = new Set(outputs)
  }

  run(): void {
    for (const node of this.nodes.toReversed()) this.see(node)
    for (const node of this.nodes) if (this.isHalf(node)) this.convert(node)
  }

  /** Notes in which precision the node's inputs are of use, consumers first. */
  private see(node: Node): void {
    const half = isProduct(node) || ((isFlexible(node) || isFree(node)) && node.outputs.some((value) => this.wanted.has(value)))
    for (const input of floats(node.inputs)) (half ? this.wanted : this.wantedFull).add(input)
  }

  private isHalf(node: Node): boolean {
    if (isProduct(node)) return true
    if (!node.outputs.some((value) => this.wanted.has(value))) return false
    if (isFree(node)) return this.neededInHalfOnly(node)
    if (!isFlexible(node)) return false
    const inputs = floats(node.inputs)
    if (!inputs.every((input) => this.computed.has(input) || this.isWeight(input) || this.isHarmless(input))) return false
    if (inputs.some((input) => this.computed.has(input))) return true
    // Weights and constants alone, as in the transpose of a weight: only where it does not convert more than it must.
    return PASSING.has(node.op) && this.neededInHalfOnly(node) && total(node.outputs) >= total(inputs)
  }

  private neededInHalfOnly(node: Node): boolean {
    return !node.outputs.some((value) => this.wantedFull.has(value))
  }

  /** A parameter as it is, not what is computed from it. */
  private isWeight(value: Value): boolean {
    return this.borders.weights.has(value)
  }

  private isConstant(value: Value): boolean {
    return value.data !== undefined && !value.pending && !this.borders.weights.has(value) && !this.borders.others.has(value)
  }

  /** A constant that float16 does not turn into 0 or nearly so, as it does with what guards a division. */
  private isHarmless(value: Value): boolean {
    if (!this.isConstant(value)) return false
    if (value.uniform !== undefined) return isRepresentable(value.uniform)
    return (value.data as Float32Array).every(isRepresentable)
  }

  /** Lets a node of the same kind compute in float16; whoever still needs float32 finds it converted. */
  private convert(node: Node): void {
    const inputs = node.inputs.map((input) => (isFloat(input) ? this.half(input) : input))
    const attributes = node.op === 'Cast' ? { ...node.attributes, to: FLOAT16 } : node.attributes
    const specs = node.outputs.map(({ shape, type }) => ({ shape, type: type === 'float32' ? ('float16' as const) : type }))
    const results = addNode(node.op, inputs, attributes, specs, node.domain)
    node.outputs.forEach((value, i) => {
      const result = results[i] as Value
      if (value.type === 'float32') {
        this.halves.set(value, result)
        this.computed.add(value)
        replace(value, addNode('Cast', [result], { to: FLOAT32 }, [value])[0] as Value)
      } else replace(value, result)
    })
  }

  /** The value in float16: computed so, a constant, or converted once for all who need it. */
  private half(value: Value): Value {
    let half = this.halves.get(value)
    if (half) return half
    if (this.isConstant(value)) {
      half = Value.concrete(toFloat16((value.data as Float32Array).map(saturated)), value.shape, 'float16')
      half.uniform = value.uniform === undefined ? undefined : saturated(value.uniform)
      half.trace = value.trace
    } else half = addNode('Cast', [value], { to: FLOAT16 }, [{ shape: value.shape, type: 'float16' }])[0] as Value
    this.halves.set(value, half)
    return half
  }
}

function isProduct(node: Node): boolean {
  return PRODUCTS.has(node.op) && node.outputs[0]?.type === 'float32'
}

function isFlexible(node: Node): boolean {
  return (ELEMENTWISE.has(node.op) || PASSING.has(node.op)) && node.outputs[0]?.type === 'float32'
}

/** Numbers that come from no float32 tensor: a converted boolean, a choice between constants. */
function isFree(node: Node): boolean {
  if (node.outputs[0]?.type !== 'float32') return false
  if (node.op === 'Cast') return (node.inputs[0] as Value).type === 'bool'
  return node.op === 'Where' && floats(node.inputs).every(({ uniform, pending }) => !pending && uniform !== undefined && isRepresentable(uniform))
}

function isFloat(input: Input): input is Value {
  return input instanceof Value && input.type === 'float32'
}

function floats(inputs: readonly Input[]): Value[] {
  return inputs.filter(isFloat)
}

function total(values: readonly Value[]): number {
  return values.reduce((sum, { size }) => sum + size, 0)
}

function isRepresentable(x: number): boolean {
  return x === 0 || Math.abs(x) >= LEAST_NORMAL
}

function saturated(x: number): number {
  return Number.isFinite(x) ? Math.max(-LARGEST, Math.min(LARGEST, x)) : x
}

/** Lets the node that computes `replacement` compute `value` instead. */
function replace(value: Value, replacement: Value): void {
  const node = replacement.node as Node
  node.outputs[node.outputs.indexOf(replacement)] = value
  value.node = node
}
