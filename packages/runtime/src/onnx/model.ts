/** From a graph to an ONNX model: names, initialisers, attributes, and sizes computed at run time. */
import { Dimension, type Extent } from '../graph/dimension.js'
import { type Attribute, Float, Ints, type Node, Subgraph, type TypedArray, type Value } from '../graph/graph.js'
import {
  type AttributeProto,
  AttributeType,
  dataType,
  encodeModel,
  EXTERNAL,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './schema.js'

const OPSET = 20
const MICROSOFT_OPSET = 1
const IR_VERSION = 9
/** Constants whose elements are all equal and that are longer than this are written as one number, expanded. */
const UNIFORM_LIMIT = 16

/** A value that crosses the border of a graph. `shape` overrides the value's own where sizes are known at run time only. */
export interface Port {
  name: string
  value: Value
  shape?: readonly Extent[] | 'unknown'
  /** An int32 value that comes in as int64. Default false. */
  wide?: boolean
}

/** Where the data of a weight lie, if not in the model itself. */
export interface ExternalData {
  name: string
  location: string
  offset: number
  length: number
  /** What the elements are stored as, if not as what they are. */
  stored?: 'float16' | 'bfloat16'
}

/** What a file says about itself. */
export interface ModelNotes {
  version?: string
  description?: string
  metadata?: Readonly<Record<string, string>>
}

export interface ModelSpec {
  nodes: readonly Node[]
  inputs: readonly Port[]
  outputs: readonly Port[]
  /** Weights that are stored outside the model, by value. */
  external?: ReadonlyMap<Value, ExternalData>
  /** Names of weights that are stored inside the model. */
  names?: ReadonlyMap<Value, string>
  notes?: ModelNotes
}

export function buildModel(spec: ModelSpec): Uint8Array {
  return new ModelBuilder(spec).build()
}

class ModelBuilder {
  private readonly names = new Map<Value, string>()
  private readonly nodes: NodeProto[] = []
  private readonly initializers: TensorProto[] = []
  private readonly intsNames = new Map<string, string>()
  private readonly extentNames = new Map<string, string>()

  /** Names that callers chose, which ours must not repeat. */
  private readonly taken: ReadonlySet<string>
  private count = 0
  private usesMicrosoft = false

  constructor(private readonly spec: ModelSpec) {
    const { inputs, outputs, external, names } = spec
    this.taken = new Set([...inputs, ...outputs, ...(external?.values() ?? [])].map(({ name }) => name).concat(...(names?.values() ?? [])))
  }

  build(): Uint8Array {
    const { inputs, outputs, nodes, notes = {} } = this.spec
    for (const { name, value, wide } of inputs) {
      const inner = wide ? this.newName('i') : name
      this.names.set(value, inner)
      if (wide) this.emit('Cast', [name], [inner], [{ name: 'to', type: AttributeType.Int, i: dataType.int32 }])
    }
    // An output that is an input, or that appears twice, needs a node of its own to be named by.
    const copies: Port[] = []
    for (const port of outputs) {
      if (this.names.has(port.value) || !port.value.pending) copies.push(port)
      else this.names.set(port.value, port.name)
    }
    for (const node of nodes) this.addNode(node, this.nodes)
    for (const { name, value } of copies) this.emit('Identity', [this.nameOf(value)], [name])
    return encodeModel({
      irVersion: IR_VERSION,
      producerName: 'parlance',
      ...(notes.version === undefined ? {} : { producerVersion: notes.version }),
      ...(notes.description === undefined ? {} : { docString: notes.description }),
      opsetImport: [
        { domain: '', version: OPSET },
        ...(this.usesMicrosoft ? [{ domain: 'com.microsoft', version: MICROSOFT_OPSET }] : []),
      ],
      graph: {
        name: 'parlance',
        node: this.nodes,
        initializer: this.initializers,
        input: inputs.map(valueInfo),
        output: outputs.map(valueInfo),
      },
      metadataProps: Object.entries(notes.metadata ?? {}).map(([key, value]) => ({ key, value })),
    })
  }

  private addNode(node: Node, nodes: NodeProto[]): void {
    const body = Object.values(node.attributes).find((value) => value instanceof Subgraph)
    const inputs = node.inputs.map((input) =>
      input === undefined ? '' : input instanceof Ints ? this.intsName(input) : this.nameOf(input),
    )
    // The last inputs are those that the body refers to by name.
    const passed = body ? inputs.splice(inputs.length - body.captured.length) : []
    body?.captured.forEach((value, i) => this.names.set(value, passed[i] as string))
    // An output that was computed before, along with another use of the node, is not defined again.
    const outputs = node.outputs.map((value) => (value.pending ? this.nameOf(value) : this.newName('u')))
    const attributes = Object.entries(node.attributes).map(([name, value]) => this.attribute(name, value))
    if (node.domain === 'com.microsoft') this.usesMicrosoft = true
    nodes.push(nodeProto(this.newName('node'), node.op, inputs, outputs, attributes, node.domain))
  }

  private attribute(name: string, value: Attribute): AttributeProto {
    return value instanceof Subgraph ? { name, type: AttributeType.Graph, g: this.body(value) } : attributeProto(name, value)
  }

  /** A graph within the graph. Its constants are the outer graph's, which it may refer to. */
  private body({ inputs, outputs, nodes }: Subgraph): GraphProto {
    const protos: NodeProto[] = []
    // Sizes follow from the values around it; in an inference graph they are not these.
    const port = (value: Value, name = this.nameOf(value)): ValueInfoProto => valueInfo({ name, value, shape: 'unknown' })
    for (const input of inputs) this.names.set(input, this.newName('b'))
    for (const node of nodes) this.addNode(node, protos)
    const given = new Set<Value>(inputs)
    const results = outputs.map((value) => {
      // What the body gives must be computed in it, and have a name of its own.
      if (value.pending && !given.has(value)) {
        given.add(value)
        return port(value)
      }
      const copy = this.newName('v')
      protos.push(nodeProto(this.newName('node'), 'Identity', [this.nameOf(value)], [copy]))
      return port(value, copy)
    })
    return { name: 'body', node: protos, initializer: [], input: inputs.map((value) => port(value)), output: results }
  }

  private emit(opType: string, input: string[], output: string[], attribute: AttributeProto[] = []): void {
    this.nodes.push(nodeProto(this.newName('node'), opType, input, output, attribute))
  }

  private newName(prefix: string): string {
    let name: string
    do name = `${prefix}${this.count++}`
    while (this.taken.has(name))
    return name
  }

  private nameOf(value: Value): string {
    let name = this.names.get(value)
    if (name !== undefined) return name
    const external = this.spec.external?.get(value)
    const given = external?.stored ? undefined : external?.name
    name = given ?? this.spec.names?.get(value) ?? this.newName(value.pending ? 'v' : 'k')
    this.names.set(value, name)
    if (external) this.addExternal(name, value, external)
    else if (!value.pending) this.addConstant(name, value)
    return name
  }

  private addConstant(name: string, value: Value): void {
    const data = value.data as TypedArray
    if (value.uniform !== undefined && value.size > UNIFORM_LIMIT) {
      const scalar = this.newName('one')
      this.initializers.push(tensorProto(scalar, [], value.type, data.slice(0, 1)))
      this.emit('Expand', [scalar, this.intsName(new Ints(value.shape))], [name])
    } else {
      this.initializers.push(tensorProto(name, value.shape, value.type, data))
    }
  }

  private addExternal(valueName: string, value: Value, { name, location, offset, length, stored }: ExternalData): void {
    if (stored) this.emit('Cast', [name], [valueName], [{ name: 'to', type: AttributeType.Int, i: dataType[value.type] }])
    this.initializers.push({
      name,
      dims: [...value.shape],
      dataType: dataType[stored ?? value.type],
      dataLocation: EXTERNAL,
      externalData: [
        { key: 'location', value: location },
        { key: 'offset', value: String(offset) },
        { key: 'length', value: String(length) },
      ],
    })
  }

  private intsName(ints: Ints): string {
    const key = ints.values.join(',')
    let name = this.intsNames.get(key)
    if (name !== undefined) return name
    name = this.newName('n')
    this.intsNames.set(key, name)
    if (ints.values.every((v) => typeof v === 'number')) {
      const data = BigInt64Array.from(ints.values, (v) => BigInt(v as number))
      this.initializers.push(tensorProto(name, [data.length], 'int64', data))
    } else {
      const parts = ints.values.map((extent) => this.extentName(extent))
      this.emit('Concat', parts, [name], [{ name: 'axis', type: AttributeType.Int, i: 0 }])
    }
    return name
  }

  /** The name of an int64 tensor of shape (1) that holds a size. */
  private extentName(extent: Extent): string {
    if (typeof extent === 'number') return this.intsName(new Ints([extent]))
    const key = extent.toString()
    let name = this.extentNames.get(key)
    if (name !== undefined) return name
    name = this.newName('d')
    this.extentNames.set(key, name)
    const e = extent.expression
    switch (e.kind) {
      case 'axis': {
        const { input, axis } = this.axisSource(e.name)
        this.emitLength(input, axis, name)
        break
      }
      case 'of':
        this.emitLength(this.nameOf(e.value), e.axis, name)
        break
      case 'add':
      case 'multiply':
        this.emit(e.kind === 'add' ? 'Add' : 'Mul', [this.extentName(e.left), this.extentName(e.right)], [name])
    }
    return name
  }

  private emitLength(tensor: string, axis: number, name: string): void {
    this.emit('Shape', [tensor], [name], [
      { name: 'start', type: AttributeType.Int, i: axis },
      { name: 'end', type: AttributeType.Int, i: axis + 1 },
    ])
  }

  private axisSource(axisName: string): { input: string; axis: number } {
    for (const { name, shape } of this.spec.inputs) {
      if (shape === undefined || shape === 'unknown') continue
      const axis = shape.findIndex((d) => d instanceof Dimension && d.toString() === axisName)
      if (axis >= 0) return { input: name, axis }
    }
    throw new Error(`No input of the graph has an axis named '${axisName}'.`)
  }
}

function nodeProto(
  name: string,
  opType: string,
  input: string[],
  output: string[],
  attribute: AttributeProto[] = [],
  domain = '',
): NodeProto {
  return { name, opType, domain, input, output, attribute }
}

function attributeProto(name: string, value: Exclude<Attribute, Subgraph>): AttributeProto {
  if (value instanceof Float) return { name, type: AttributeType.Float, f: value.value }
  if (typeof value === 'number') return { name, type: AttributeType.Int, i: value }
  if (typeof value === 'string') return { name, type: AttributeType.String, s: Buffer.from(value) }
  const ints = value.map((v) => {
    if (typeof v !== 'number') throw new Error(`The attribute '${name}' cannot hold the run-time size ${v}.`)
    return v
  })
  return { name, type: AttributeType.Ints, ints }
}

function tensorProto(name: string, dims: readonly number[], type: keyof typeof dataType, data: TypedArray): TensorProto {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return { name, dims: [...dims], dataType: dataType[type], rawData }
}

function valueInfo({ name, value, shape, wide }: Port): ValueInfoProto {
  const elemType = dataType[wide ? 'int64' : value.type]
  if (shape === 'unknown') return { name, type: { tensorType: { elemType } } }
  const dim = (shape ?? value.shape).map((d) =>
    typeof d === 'number' ? { dimValue: d } : { dimParam: d.toString() },
  )
  return { name, type: { tensorType: { elemType, shape: { dim } } } }
}
