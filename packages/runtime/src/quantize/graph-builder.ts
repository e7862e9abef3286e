import { type AttributeProto, AttributeType, dataType, EXTERNAL, type NodeProto, type TensorProto } from '../onnx/schema.js'
import type { SafetensorsLocation } from '../safetensors.js'

const MICROSOFT = 'com.microsoft'

/** Adds nodes and initializers under names that a graph does not have yet. */
export class GraphBuilder {
  readonly initializers: TensorProto[] = []
  usesMicrosoft = false
  private count = 0
  private readonly constants = new Map<string, string>()

  constructor(private readonly file: string, private readonly locations: ReadonlyMap<string, SafetensorsLocation>) {}

  /** A name that nothing has: graphs that this package wrote have none with an underscore after `q`. */
  newName(): string {
    return `q_${this.count++}`
  }

  /** A node; returns the name of its output. */
  node(nodes: NodeProto[], opType: string, input: string[], attributes: Readonly<Record<string, number | number[]>> = {}, domain = ''): string {
    const output = this.newName()
    if (domain === MICROSOFT) this.usesMicrosoft = true
    const attribute = Object.entries(attributes).map(([name, value]): AttributeProto => {
      return typeof value === 'number' ? { name, type: AttributeType.Int, i: value } : { name, type: AttributeType.Ints, ints: value }
    })
    nodes.push({ opType, domain, name: this.newName(), input, output: [output], attribute })
    return output
  }

  /** The same of an operator that only ONNX Runtime has. */
  microsoft(nodes: NodeProto[], opType: string, input: string[], attributes: Readonly<Record<string, number>> = {}): string {
    return this.node(nodes, opType, input, attributes, MICROSOFT)
  }

  /** A number, once for all who ask for it. */
  constant(type: 'float32' | 'uint8', value: number): string {
    return this.once(`${type} ${value}`, [], type, type === 'float32' ? Float32Array.of(value) : Uint8Array.of(value))
  }

  /** A list of axes or sizes. */
  list(values: readonly number[]): string {
    return this.once(`list ${values}`, [values.length], 'int64', BigInt64Array.from(values, BigInt))
  }

  private once(key: string, dims: number[], type: keyof typeof dataType, data: ArrayBufferView): string {
    const known = this.constants.get(key)
    if (known !== undefined) return known
    const name = this.newName()
    this.initializers.push({ name, dims, dataType: dataType[type], rawData: new Uint8Array(data.buffer) })
    this.constants.set(key, name)
    return name
  }

  /** A tensor of the weights file; `dims` where the operator counts its elements in another shape. */
  stored(tensor: string, dims?: number[]): string {
    const key = `stored ${tensor} ${dims ?? ''}`
    const known = this.constants.get(key)
    if (known !== undefined) return known
    const { dtype, shape, offset, length } = this.locations.get(tensor) as SafetensorsLocation
    const name = dims === undefined ? tensor : this.newName()
    this.initializers.push({
      name,
      dims: dims ?? [...shape],
      dataType: elementTypes[dtype as keyof typeof elementTypes],
      dataLocation: EXTERNAL,
      externalData: [
        { key: 'location', value: this.file },
        { key: 'offset', value: String(offset) },
        { key: 'length', value: String(length) },
      ],
    })
    this.constants.set(key, name)
    return name
  }
}

const elementTypes = { F32: dataType.float32, I8: dataType.int8, U8: dataType.uint8 } as const
