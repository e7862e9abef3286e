import { type AttributeProto, decodeModel, encodeModel, EXTERNAL, type GraphProto, type ModelProto, type NodeProto, type TensorProto } from '../onnx/schema.js'
import type { SafetensorsLocation } from '../safetensors.js'
import { GraphBuilder } from './graph-builder.js'
import { dequantized, gathered, multiplied, quantizedActivations } from './operators.js'
import { type Quantization, weightForm } from './stored-weights.js'

/** A safetensors file that a graph's weights are in: its name, as graphs beside it have it, and what lies where. */
export interface WeightsPlace {
  file: string
  locations: ReadonlyMap<string, SafetensorsLocation>
}

/**
 * The graph of an ONNX file that `saveGraph` wrote with `storedIn`, for weights that `writeQuantized` has stored elsewhere.
 * Products of activations with a stored matrix and look-ups of its rows compute with the small numbers; whatever else a
 * weight is used for sees it widened, which ONNX Runtime does once, when it loads the graph.
 *
 * Each row of activations is quantized by itself and products are of whole numbers, so that a row's result does not depend
 * on the others.
 *
 * @throws Error, one line, for a file of another origin
 */
export function quantizeGraph(file: Uint8Array, from: WeightsPlace, to: WeightsPlace, quantization: Quantization): Uint8Array {
  const model = decodeModel(file)
  if (model.producerName !== 'parlance') {
    throw new Error(`Only graphs that parlance wrote can be quantized, this one is by ${model.producerName || 'nobody'}.`)
  }
  return encodeModel(new GraphQuantizer(model, from, to, quantization).run())
}

/** A weight as a graph uses it: what it is called in the weights file, and its shape there. */
interface Weight {
  readonly name: string
  readonly shape: readonly number[]
}

class GraphQuantizer {
  private readonly builder: GraphBuilder
  /** By the name that nodes use. */
  private readonly weights = new Map<string, Weight>()
  private readonly widened = new Map<string, string>()
  private readonly activations = new Map<string, ReturnType<typeof quantizedActivations>>()
  private readonly nodes: NodeProto[] = []

  constructor(
    private readonly model: ModelProto,
    private readonly from: WeightsPlace,
    to: WeightsPlace,
    private readonly quantization: Quantization,
  ) {
    this.builder = new GraphBuilder(to.file, to.locations)
  }

  run(): ModelProto {
    const { graph, opsetImport } = this.model
    const inside = graph.initializer.filter((initializer) => !this.readWeight(initializer))
    for (const node of graph.node) this.rewrite(node)
    const initializer = [...inside, ...this.builder.initializers]
    const others = opsetImport.filter(({ domain }) => domain !== 'com.microsoft')
    const uses = this.builder.usesMicrosoft || others.length < opsetImport.length
    return {
      ...this.model,
      opsetImport: [...others, ...(uses ? [{ domain: 'com.microsoft', version: 1 }] : [])],
      graph: { ...graph, node: this.nodes, initializer },
    }
  }

  /** Notes a weight of the file; false for what is no such weight. */
  private readWeight({ name, dims, dataLocation, externalData }: TensorProto): boolean {
    if (dataLocation !== EXTERNAL) return false
    const offset = Number(externalData?.find(({ key }) => key === 'offset')?.value)
    const file = externalData?.find(({ key }) => key === 'location')?.value
    const found = [...this.from.locations].find(([, location]) => location.offset === offset && location.length > 0)
    if (file !== this.from.file || !found) throw new Error(`The graph's weight '${name}' is not in ${this.from.file}: export the graph again.`)
    this.weights.set(name, { name: found[0], shape: dims })
    return true
  }

  private rewrite(node: NodeProto): void {
    const weight = this.weights.get(node.input[0] ?? '')
    if (node.opType === 'Cast' && weight) {
      // How a weight of 16 bits is widened.
      this.weights.set(node.output[0] as string, weight)
      return
    }
    const replacement = this.product(node) ?? this.lookUp(node)
    if (replacement === undefined) {
      const input = node.input.map((name) => this.plain(name))
      this.nodes.push({ ...node, input, attribute: node.attribute.map((attribute) => this.withBody(attribute)) })
      return
    }
    const last = this.nodes.at(-1) as NodeProto
    last.output = [node.output[0] as string]
  }

  /** A product with a matrix (outputs, inputs), as `Linear` has it: activations · matrixᵀ + bias. */
  private product({ opType, input, attribute }: NodeProto): string | undefined {
    const weight = this.weights.get(input[1] ?? '')
    if (opType !== 'Gemm' || !weight || !isPlainTransposed(attribute)) return undefined
    const form = weightForm(weight.shape, this.quantization)
    if (form === 'float32' || (form === 'rows' && this.quantization === 'int8-weights')) return undefined
    const bias = input[2] ? this.plain(input[2]) : undefined
    const x = input[0] as string
    if (form === 'blocks') return multiplied.blocks(this.builder, this.nodes, x, weight, bias)
    let activations = this.activations.get(x)
    if (!activations) this.activations.set(x, (activations = quantizedActivations(this.builder, this.nodes, x)))
    return multiplied.rows(this.builder, this.nodes, activations, weight, bias)
  }

  /** Rows of a table. */
  private lookUp({ opType, input, attribute }: NodeProto): string | undefined {
    const weight = this.weights.get(input[0] ?? '')
    if (opType !== 'Gather' || !weight || attribute.some(({ name, i = 0 }) => name === 'axis' && i !== 0)) return undefined
    const form = weightForm(weight.shape, this.quantization)
    if (form !== 'rows' && form !== 'blocks') return undefined
    return gathered[form](this.builder, this.nodes, weight, input[1] as string)
  }

  /** The name by which an input is had as float32. */
  private plain(input: string): string {
    const weight = this.weights.get(input)
    if (!weight) return input
    let name = this.widened.get(weight.name)
    if (name === undefined) {
      name = dequantized[weightForm(weight.shape, this.quantization)](this.builder, this.nodes, weight)
      this.widened.set(weight.name, name)
    }
    return name
  }

  /** A body refers to weights of the graph around it by name. */
  private withBody(attribute: AttributeProto): AttributeProto {
    const body = attribute.g
    if (!body) return attribute
    const inBody = (graph: GraphProto): GraphProto => ({
      ...graph,
      node: graph.node.map((node) => ({ ...node, input: node.input.map((name) => this.plain(name)), attribute: node.attribute.map((inner) => this.withBody(inner)) })),
    })
    return { ...attribute, g: inBody(body) }
  }
}

function isPlainTransposed(attributes: readonly AttributeProto[]): boolean {
  const expected: Record<string, number> = { transA: 0, transB: 1, alpha: 1, beta: 1 }
  return attributes.some(({ name }) => name === 'transB') && attributes.every(({ name, i = 0, f = i }) => f === expected[name])
}
