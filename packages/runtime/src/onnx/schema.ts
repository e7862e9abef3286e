/**
 * The part of the ONNX schema (onnx.proto, IR version 9) that we write, for protobufjs: message, field and number as
 * published. A test decodes what we write with the official schema.
 */
import protobuf from 'protobufjs/light.js'

type Rule = 'repeated' | undefined
type FieldSpec = [type: string, id: number, rule?: Rule]

function message(fields: Record<string, FieldSpec>) {
  const entries = Object.entries(fields).map(([name, [type, id, rule]]) => [
    name,
    rule ? { type, id, rule } : { type, id },
  ])
  return { fields: Object.fromEntries(entries) }
}

const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: message({
      irVersion: ['int64', 1],
      producerName: ['string', 2],
      producerVersion: ['string', 3],
      docString: ['string', 6],
      graph: ['GraphProto', 7],
      opsetImport: ['OperatorSetIdProto', 8, 'repeated'],
      metadataProps: ['StringStringEntryProto', 14, 'repeated'],
    }),
    OperatorSetIdProto: message({ domain: ['string', 1], version: ['int64', 2] }),
    StringStringEntryProto: message({ key: ['string', 1], value: ['string', 2] }),
    GraphProto: message({
      node: ['NodeProto', 1, 'repeated'],
      name: ['string', 2],
      initializer: ['TensorProto', 5, 'repeated'],
      input: ['ValueInfoProto', 11, 'repeated'],
      output: ['ValueInfoProto', 12, 'repeated'],
    }),
    NodeProto: message({
      input: ['string', 1, 'repeated'],
      output: ['string', 2, 'repeated'],
      name: ['string', 3],
      opType: ['string', 4],
      attribute: ['AttributeProto', 5, 'repeated'],
      domain: ['string', 7],
    }),
    AttributeProto: message({
      name: ['string', 1],
      f: ['float', 2],
      i: ['int64', 3],
      s: ['bytes', 4],
      g: ['GraphProto', 6],
      ints: ['int64', 8, 'repeated'],
      type: ['int32', 20],
    }),
    TensorProto: message({
      dims: ['int64', 1, 'repeated'],
      dataType: ['int32', 2],
      name: ['string', 8],
      rawData: ['bytes', 9],
      externalData: ['StringStringEntryProto', 13, 'repeated'],
      dataLocation: ['int32', 14],
    }),
    ValueInfoProto: message({ name: ['string', 1], type: ['TypeProto', 2] }),
    TypeProto: {
      ...message({ tensorType: ['Tensor', 1] }),
      nested: { Tensor: message({ elemType: ['int32', 1], shape: ['TensorShapeProto', 2] }) },
    },
    TensorShapeProto: {
      ...message({ dim: ['Dimension', 1, 'repeated'] }),
      nested: { Dimension: message({ dimValue: ['int64', 1], dimParam: ['string', 2] }) },
    },
  },
})

export interface AttributeProto {
  name: string
  type: AttributeType
  f?: number
  i?: number
  s?: Uint8Array
  g?: GraphProto
  ints?: number[]
}

export interface NodeProto {
  opType: string
  domain: string
  name: string
  input: string[]
  output: string[]
  attribute: AttributeProto[]
}

export interface TensorProto {
  name: string
  dims: number[]
  dataType: number
  rawData?: Uint8Array
  externalData?: { key: string; value: string }[]
  dataLocation?: number
}

export interface ValueInfoProto {
  name: string
  type: { tensorType: { elemType: number; shape?: { dim: ({ dimValue: number } | { dimParam: string })[] } } }
}

export interface GraphProto {
  name: string
  node: NodeProto[]
  initializer: TensorProto[]
  input: ValueInfoProto[]
  output: ValueInfoProto[]
}

export interface ModelProto {
  irVersion: number
  producerName: string
  producerVersion?: string
  docString?: string
  opsetImport: { domain: string; version: number }[]
  graph: GraphProto
  metadataProps?: { key: string; value: string }[]
}

export enum AttributeType {
  Float = 1,
  Int = 2,
  String = 3,
  Graph = 5,
  Ints = 7,
}

/** TensorProto.DataType of our element types, and of those in which only weights are stored or quantized products computed. */
export const dataType = {
  float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10, uint32: 12, bfloat16: 16,
} as const

/** TensorProto.DataLocation.EXTERNAL */
export const EXTERNAL = 1

const modelType = root.lookupType('ModelProto')

/**
 * The model in an ONNX file, as far as the table above goes: all of a file that this package wrote.
 *
 * @throws Error for bytes that are no ONNX file
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  // Numbers that are 0 and texts that are '' are not in the file.
  return modelType.toObject(modelType.decode(bytes), { longs: Number, arrays: true }) as ModelProto
}

/** The bytes of an ONNX file. */
export function encodeModel(model: ModelProto): Uint8Array {
  return modelType.encode(modelType.create(model as unknown as Record<string, unknown>)).finish()
}
