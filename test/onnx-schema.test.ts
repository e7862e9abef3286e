/** The ONNX files that the runtime writes, read with the official schema. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeSafetensors, exportOnnx, inferenceGraph, iota, locateSafetensors, tf, useDevice } from '@parlance/runtime'
import { GraphSession } from '@parlance/runtime/session'
import proto from 'onnx-proto'
import { beforeAll, describe, expect, it } from 'vitest'

const { ModelProto, AttributeProto, TensorProto } = proto.onnx

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

type Inputs = Record<string, tf.Tensor>

function weights(): Record<'filter' | 'table' | 'bias', tf.Variable> {
  return {
    filter: tf.variable(tf.tensor(Float32Array.from({ length: 18 }, (_, i) => Math.sin(i)), [3, 3, 1, 2])),
    table: tf.variable(tf.tensor(Float32Array.from({ length: 28 }, (_, i) => Math.cos(i)), [7, 4])),
    bias: tf.variable(tf.tensor([0.5, -0.5, 1, -1])),
  }
}

/** A graph with attributes of every kind, symbolic sizes that are sums and products, constants and weights. */
function graphOf({ filter, table, bias }: ReturnType<typeof weights>) {
  const fn = ({ ids, x, cache }: Inputs): Inputs => {
    const [n, t] = (ids as tf.Tensor).shape as [number, number]
    const rows = tf.add(tf.gather(table, ids as tf.Tensor2D), bias)
    const longer = tf.concat([cache as tf.Tensor3D, tf.leakyRelu(rows) as tf.Tensor3D], 1)
    const flat = tf.reshape(longer, [n * longer.shape[1]!, 4])
    const image = tf.mirrorPad(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor as tf.Tensor4D, 1, 'same'), [[0, 0], [0, 0], [1, 1], [0, 0]], 'reflect')
    const scores = tf.softmax(tf.add(tf.sum(rows, 2), tf.cast(iota(t), 'float32')))
    return { longer, flat, image, scores, positive: tf.greater(flat, 0) }
  }
  return inferenceGraph(fn, {
    ids: { shape: ['N', 'T'], dtype: 'int32' },
    x: { shape: ['N', 'W', 5, 1], dtype: 'float32' },
    cache: { shape: ['N', 'S', 4], dtype: 'float32' },
  })
}

const sizes = (shape: proto.onnx.ITensorShapeProto | null | undefined) =>
  shape?.dim?.map((d) => (d.dimParam ? d.dimParam : Number(d.dimValue)))

const port = (info: proto.onnx.IValueInfoProto) => {
  const tensor = info.type?.tensorType
  return [info.name, tensor?.elemType, sizes(tensor?.shape)]
}

describe('an ONNX file', () => {
  it('is what the official schema describes, to the last byte', () => {
    const bytes = graphOf(weights()).toOnnx('embedded')
    const model = ModelProto.decode(bytes)
    expect(ModelProto.verify(model)).toBeNull()
    expect(Buffer.compare(ModelProto.encode(model).finish(), bytes)).toBe(0)
    expect(Number(model.irVersion)).toBeGreaterThanOrEqual(9)
    expect(model.opsetImport.map(({ domain, version }) => [domain, Number(version)])).toEqual([['', 20]])
  })

  it('says what it is, names its weights, and has standard operators only', () => {
    const { query, key } = { query: tf.variable(tf.ones([4, 3])), key: tf.variable(tf.ones([4, 3])) }
    const fn = ({ x }: Inputs) => {
      const [q, k] = [query, key].map((w) => tf.einsum('ntc,cd->ntd', x as tf.Tensor, w))
      // Transposed and scaled: one operator when it is computed at once, which only ONNX Runtime has.
      return { scores: tf.mul(tf.matMul(q as tf.Tensor3D, k as tf.Tensor3D, false, true), 0.5) }
    }
    const folder = mkdtempSync(join(tmpdir(), 'onnx-schema-'))
    const file = join(folder, 'graph.onnx')
    const names = new Map([['query.weight', query], ['key.weight', key]])
    exportOnnx(fn, { x: { shape: ['N', 'T', 4], dtype: 'float32' } }, { file, names, description: 'Scores.', metadata: { classes: '3' } })
    const bytes = readFileSync(file)
    const model = ModelProto.decode(bytes)
    expect(Buffer.compare(ModelProto.encode(model).finish(), bytes)).toBe(0)
    expect([model.producerName, model.docString]).toEqual(['parlance', 'Scores.'])
    expect(model.producerVersion).toMatch(/^\d+\.\d+\.\d+$/)
    expect(model.metadataProps?.map(({ key, value }) => [key, value])).toEqual([['classes', '3']])
    expect(model.graph?.node?.map(({ domain }) => domain).filter((domain) => domain !== '')).toEqual([])
    expect(model.opsetImport.map(({ domain }) => domain)).toEqual([''])
    const initializers = model.graph?.initializer?.map(({ name }) => name)
    expect(initializers).toEqual(expect.arrayContaining(['query.weight', 'key.weight']))
    rmSync(folder, { recursive: true })
  })

  it('names its inputs and outputs with types and run-time sizes', () => {
    const { graph } = ModelProto.decode(graphOf(weights()).toOnnx('embedded'))
    expect(graph?.input?.map(port)).toEqual([
      ['ids', TensorProto.DataType.INT32, ['N', 'T']],
      ['x', TensorProto.DataType.FLOAT, ['N', 'W', 5, 1]],
      ['cache', TensorProto.DataType.FLOAT, ['N', 'S', 4]],
    ])
    const outputs = new Map(graph?.output?.map((info) => [info.name, port(info)]))
    expect(outputs.get('scores')).toEqual(['scores', TensorProto.DataType.FLOAT, ['N', 'T']])
    expect(outputs.get('image')).toEqual(['image', TensorProto.DataType.FLOAT, ['N', 'W', 7, 2]])
    const [, , [rows, last] = []] = outputs.get('positive') as [string, number, (string | number)[]]
    expect([typeof rows, last, outputs.get('positive')?.[1]]).toEqual(['string', 4, TensorProto.DataType.BOOL])
  })

  it('has nodes in order, every name defined once and before its use', () => {
    const graph = ModelProto.decode(graphOf(weights()).toOnnx('embedded')).graph as proto.onnx.IGraphProto
    const defined = [...(graph.input ?? []), ...(graph.initializer ?? [])].map(({ name }) => name as string)
    for (const { input, output, opType } of graph.node ?? []) {
      for (const name of input ?? []) expect(name === '' || defined.includes(name), `${opType}: ${name}`).toBe(true)
      defined.push(...(output ?? []))
    }
    expect(new Set(defined).size).toBe(defined.length)
    for (const { name } of graph.output ?? []) expect(defined).toContain(name)
  })

  it('gives attributes their types', () => {
    const { node } = ModelProto.decode(graphOf(weights()).toOnnx('embedded')).graph as proto.onnx.IGraphProto
    const attribute = (op: string, name: string) =>
      node?.find(({ opType }) => opType === op)?.attribute?.find((a) => a.name === name) as proto.onnx.IAttributeProto
    const { AttributeType } = AttributeProto
    const alpha = attribute('LeakyRelu', 'alpha')
    expect([alpha.type, alpha.f]).toEqual([AttributeType.FLOAT, Math.fround(0.2)])
    const axis = attribute('Concat', 'axis')
    expect([axis.type, Number(axis.i)]).toEqual([AttributeType.INT, 1])
    const pads = attribute('Conv', 'pads')
    expect([pads.type, pads.ints?.map(Number)]).toEqual([AttributeType.INTS, [1, 1, 1, 1]])
    const mode = attribute('Pad', 'mode')
    expect([mode.type, Buffer.from(mode.s as Uint8Array).toString()]).toEqual([AttributeType.STRING, 'reflect'])
  })

  it('holds embedded weights as raw little-endian data', () => {
    const variables = weights()
    const { initializer } = ModelProto.decode(graphOf(variables).toOnnx('embedded')).graph as proto.onnx.IGraphProto
    const table = initializer?.find(({ dims }) => String(dims) === '7,4')
    expect([table?.dataType, table?.dataLocation]).toEqual([TensorProto.DataType.FLOAT, TensorProto.DataLocation.DEFAULT])
    const raw = Buffer.from(table?.rawData as Uint8Array)
    expect(Array.from({ length: 28 }, (_, i) => raw.readFloatLE(4 * i))).toEqual([...variables.table.dataSync()])
  })

  it('points to weights in a safetensors file, which plain ONNX Runtime reads', () => {
    const variables = weights()
    const tensors = new Map(
      Object.entries(variables).map(([name, v]) => [`layer.${name}`, { dtype: 'F32' as const, shape: v.shape, data: v.dataSync() as Float32Array }]),
    )
    const stored = encodeSafetensors(tensors)
    const locations = locateSafetensors(stored)
    const names = new Map(Object.entries(variables).map(([name, v]) => [`layer.${name}`, v]))
    const graph = graphOf(variables)
    const bytes = graph.toOnnx({ names, file: 'model.safetensors', locations })
    const { initializer } = ModelProto.decode(bytes).graph as proto.onnx.IGraphProto
    for (const [name, { offset, length }] of locations) {
      const tensor = initializer?.find((t) => t.name === name)
      expect(tensor?.dataLocation).toBe(TensorProto.DataLocation.EXTERNAL)
      expect(tensor?.rawData?.length).toBe(0)
      expect(Object.fromEntries(tensor?.externalData?.map(({ key, value }) => [key, value]) ?? [])).toEqual({
        location: 'model.safetensors',
        offset: String(offset),
        length: String(length),
      })
    }
    const folder = mkdtempSync(join(tmpdir(), 'onnx-schema-'))
    writeFileSync(join(folder, 'model.safetensors'), stored)
    writeFileSync(join(folder, 'graph.onnx'), bytes)
    const feeds = {
      ids: { data: Int32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] },
      x: { data: Float32Array.from({ length: 40 }, (_, i) => i / 40), shape: [2, 4, 5, 1] },
      cache: { data: new Float32Array(0), shape: [2, 0, 4] },
    }
    const [external, embedded] = [GraphSession.load(join(folder, 'graph.onnx')), GraphSession.load(graph.toOnnx('embedded'))]
    expect(external.run(feeds)).toEqual(embedded.run(feeds))
    external.dispose()
    embedded.dispose()
    rmSync(folder, { recursive: true })
  })

  it('keeps the names that callers choose apart from its own', () => {
    const names = ['v0', 'v1', 'k0', 'k1', 'n0', 'n1', 'd0', 'd1', 'u0', 'one0']
    const fn = (inputs: Inputs): Inputs =>
      Object.fromEntries(
        names.map((name, i) => {
          const x = inputs[name] as tf.Tensor
          return [`v${i + 2}`, tf.reshape(tf.add(tf.mul(x, i + 2), tf.tensor([1, 2, 3])), [-1, 1, 3])]
        }),
      )
    const specs = Object.fromEntries(names.map((name) => [name, { shape: ['d2', 3], dtype: 'float32' as const }]))
    const session = GraphSession.load(inferenceGraph(fn, specs).toOnnx('embedded'))
    const feeds = Object.fromEntries(names.map((name) => [name, { data: Float32Array.of(1, 1, 1), shape: [1, 3] }]))
    const results = session.run(feeds)
    names.forEach((_, i) => expect([...(results[`v${i + 2}`] as { data: Float32Array }).data]).toEqual([i + 3, i + 4, i + 5]))
    session.dispose()
  })
})
