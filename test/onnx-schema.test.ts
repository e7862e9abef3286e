import { inferenceGraph, tf, useDevice } from '@parlance/runtime'
import onnxProto from 'onnx-proto'
import { beforeAll, describe, expect, it } from 'vitest'

// The official schema, generated from onnx.proto of ONNX 1.10 by others; the runtime writes with a table of its own.
const { onnx } = onnxProto

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

function exampleGraph() {
  const filter = tf.variable(tf.ones([3, 1, 4]))
  const dense = tf.variable(tf.ones([4, 2]))
  const graph = inferenceGraph(
    ({ x }) => {
      const hidden = tf.leakyRelu(tf.conv1d(x as tf.Tensor3D, filter as tf.Tensor3D, 1, 'same'), 0.1)
      return { y: tf.cast(tf.greater(tf.matMul(tf.mean(hidden, 1), dense), 0), 'int32') }
    },
    { x: { shape: ['N', 'T', 1], dtype: 'float32' } },
  )
  return { graph, filter, dense }
}

type Decoded = ReturnType<typeof onnx.ModelProto.decode>

function node(model: Decoded, opType: string) {
  const found = model.graph?.node?.find((candidate) => candidate.opType === opType)
  expect(found, opType).toBeDefined()
  return Object.fromEntries((found?.attribute ?? []).map((attribute) => [attribute.name, attribute]))
}

describe('the ONNX that the runtime writes, read with the official schema', () => {
  it('has nothing that the schema does not know', () => {
    const bytes = exampleGraph().graph.toOnnx('embedded')
    const model = onnx.ModelProto.decode(bytes)
    expect(onnx.ModelProto.verify(model)).toBeNull()
    // Unknown fields are lost in decoding, so a message that held one would be shorter the second time.
    expect(onnx.ModelProto.encode(model).finish().length).toBe(bytes.length)
  })

  it('has the versions, ports and attributes that were meant', () => {
    const model = onnx.ModelProto.decode(exampleGraph().graph.toOnnx('embedded'))
    expect(Number(model.irVersion)).toBe(9)
    expect(model.opsetImport?.map(({ domain, version }) => [domain, Number(version)])).toContainEqual(['', 20])
    const [input] = model.graph?.input ?? []
    expect(input?.name).toBe('x')
    expect(input?.type?.tensorType?.elemType).toBe(onnx.TensorProto.DataType.FLOAT)
    const shape = input?.type?.tensorType?.shape?.dim ?? []
    expect(shape.map(({ dimParam, dimValue }) => dimParam || Number(dimValue))).toEqual(['N', 'T', 1])
    expect(model.graph?.output?.map(({ name, type }) => [name, type?.tensorType?.elemType])).toEqual([
      ['y', onnx.TensorProto.DataType.INT32],
    ])
    const { INT, INTS, FLOAT } = onnx.AttributeProto.AttributeType
    expect(node(model, 'LeakyRelu').alpha).toMatchObject({ type: FLOAT, f: Math.fround(0.1) })
    const conv = node(model, 'Conv')
    expect(conv.group?.type).toBe(INT)
    expect(Number(conv.group?.i)).toBe(1)
    expect(conv.pads?.type).toBe(INTS)
    expect(conv.pads?.ints?.map(Number)).toEqual([0, 1, 0, 1])
  })

  it('holds the weights, or says where they lie', () => {
    const { graph, filter, dense } = exampleGraph()
    const model = onnx.ModelProto.decode(graph.toOnnx('embedded'))
    const embedded = model.graph?.initializer?.find(({ dims }) => dims?.map(Number).join() === '4,2')
    expect(embedded?.dataType).toBe(onnx.TensorProto.DataType.FLOAT)
    const raw = Uint8Array.from(embedded?.rawData ?? [])
    expect([...new Float32Array(raw.buffer)]).toEqual(Array.from({ length: 8 }, () => 1))

    const bytes = graph.toOnnx({
      names: new Map([['filter', filter], ['dense', dense]]),
      file: 'model.safetensors',
      locations: new Map([['filter', { offset: 96, length: 48 }], ['dense', { offset: 144, length: 32 }]]),
    })
    const external = onnx.ModelProto.decode(bytes)
    expect(onnx.ModelProto.encode(external).finish().length).toBe(bytes.length)
    const pointing = external.graph?.initializer?.find(({ dims }) => dims?.map(Number).join() === '4,2')
    expect(pointing?.dataLocation).toBe(onnx.TensorProto.DataLocation.EXTERNAL)
    expect(Object.fromEntries((pointing?.externalData ?? []).map(({ key, value }) => [key, value]))).toEqual({
      location: 'model.safetensors',
      offset: '144',
      length: '32',
    })
  })
})
