import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { useDevice } from '../device.js'
import type { InputSpec } from '../inference/inference-graph.js'
import { iota } from '../ops/iota.js'
import { Random } from '../random.js'
import { readSafetensors, type SafetensorsTensor, toFloat32, writeSafetensors } from '../safetensors.js'
import { tf } from '../tf.js'
import { type ExportOptions, exportOnnx } from './export-onnx.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

let folder: string
let file: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'export-'))
  file = path.join(folder, 'model.onnx')
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

const random = new Random(3)
const WIDTH = 8

function weight(...shape: number[]): tf.Variable {
  return tf.variable(tf.tensor(random.normal(shape.reduce((a, b) => a * b, 1), 0, 0.5), shape))
}

const matMul = tf.matMul as (a: tf.Tensor, b: tf.Tensor, transposeA?: boolean, transposeB?: boolean) => tf.Tensor

/** Causal attention over embedded tokens and a cache: products that are transposed and scaled, sums of axes, integers. */
function attention() {
  const names = new Map([
    ['embedding.weight', weight(11, WIDTH)],
    ['query.weight', weight(WIDTH, WIDTH)],
    ['out.bias', weight(11)],
  ])
  const [table, query, bias] = [...names.values()] as [tf.Variable, tf.Variable, tf.Variable]
  const fn = ({ tokens, cache }: Record<string, tf.Tensor>) => {
    const [n, t] = (tokens as tf.Tensor).shape as [number, number]
    const x = tf.gather(table, tokens as tf.Tensor2D)
    const q = tf.reshape(matMul(tf.reshape(x, [n * t, WIDTH]), query, false, true), [n, t, WIDTH])
    const keys = tf.concat([cache as tf.Tensor, x], 1)
    const [at, behind] = [tf.neg(tf.reverse(iota(t))), tf.neg(tf.reverse(iota(keys.shape[1] as number)))]
    const hidden = tf.cast(tf.greater(tf.expandDims(behind, 0), tf.expandDims(at, 1)), 'float32')
    const scores = tf.add(tf.mul(matMul(q, keys, false, true), 1 / Math.sqrt(WIDTH)), tf.mul(hidden, -1e9))
    const seen = matMul(tf.softmax(scores as tf.Tensor2D), keys)
    const logits = tf.add(matMul(tf.reshape(seen, [n * t, WIDTH]), table, false, true), bias)
    return { logits: tf.reshape(logits, [n, t, 11]), longer: keys, best: tf.argMax(logits, 1) }
  }
  const signature: Record<string, InputSpec> = {
    tokens: { shape: ['batch', 'length'], dtype: 'int32' },
    cache: { shape: ['batch', 'past', WIDTH], dtype: 'float32' },
  }
  return { fn, signature, names }
}

/** The file in plain ONNX Runtime gives what the function gives, at sizes that it was not traced at. */
async function expectEqual(fn: ReturnType<typeof attention>['fn']): Promise<void> {
  const session = await InferenceSession.create(file)
  for (const [n, t, s] of [[1, 1, 0], [3, 4, 2], [2, 30, 0], [6, 1, 60]] as const) {
    const tokens = Int32Array.from({ length: n * t }, (_, i) => (i * 7) % 11)
    const cache = random.normal(n * s * WIDTH)
    const got = await session.run({ tokens: new Tensor('int32', tokens, [n, t]), cache: new Tensor('float32', cache, [n, s, WIDTH]) })
    const wanted = fn({ tokens: tf.tensor(tokens, [n, t], 'int32'), cache: tf.tensor(cache, [n, s, WIDTH]) })
    for (const [name, tensor] of Object.entries(wanted)) {
      expect(got[name]?.dims).toEqual(tensor.shape)
      const data = got[name]?.data as Float32Array | Int32Array
      tensor.dataSync().forEach((value, i) => expect(Math.abs(value - (data[i] as number))).toBeLessThan(1e-5))
    }
  }
  await session.release()
}

describe('exportOnnx', () => {
  it.each<[string, ExportOptions['weights'], string[]]>([
    ['in the file', undefined, ['model.onnx']],
    ['beside it', 'beside', ['model.onnx', 'model.safetensors']],
  ])('writes what plain ONNX Runtime runs at any batch size and length, weights %s', async (_, weights, files) => {
    const { fn, signature, names } = attention()
    exportOnnx(fn, signature, { file, names, ...(weights ? { weights } : {}) })
    expect(fs.readdirSync(folder).sort()).toEqual(files)
    await expectEqual(fn)
    if (weights === 'beside') expect([...readSafetensors(path.join(folder, 'model.safetensors')).tensors.keys()].sort()).toEqual([...names.keys()].sort())
  })

  it('names inputs, outputs and their axes', async () => {
    const { fn, signature } = attention()
    exportOnnx(fn, signature, { file })
    const session = await InferenceSession.create(file)
    expect([session.inputNames, session.outputNames]).toEqual([['tokens', 'cache'], ['logits', 'longer', 'best']])
    expect(session.inputMetadata.map((port) => (port.isTensor ? port.shape : []))).toEqual([['batch', 'length'], ['batch', 'past', WIDTH]])
    await session.release()
  })

  it.each(['F32', 'F16', 'BF16'] as const)('uses weights that a safetensors file holds as %s', async (floats) => {
    const { fn, signature, names } = attention()
    const tensors = new Map([...names].map(([name, v]): [string, SafetensorsTensor] => [name, { dtype: 'F32', shape: v.shape, data: v.dataSync() as Float32Array }]))
    writeSafetensors(path.join(folder, 'weights.safetensors'), tensors, {}, { floats })
    exportOnnx(fn, signature, { file, names, weights: { storedIn: 'weights.safetensors' } })
    expect(fs.statSync(file).size).toBeLessThan(10_000)
    // What was rounded when it was stored is what the graph computes with.
    for (const [name, tensor] of readSafetensors(path.join(folder, 'weights.safetensors')).tensors) {
      names.get(name)?.assign(tf.tensor(toFloat32(tensor), tensor.shape))
    }
    await expectEqual(fn)
  })

  it('takes ids of 64 bits, as many loaders give them', async () => {
    const table = weight(11, WIDTH)
    const fn = ({ ids }: Record<string, tf.Tensor>) => ({ rows: tf.gather(table, ids as tf.Tensor2D) })
    exportOnnx(fn, { ids: { shape: ['N', 2], dtype: 'int64' } }, { file })
    const session = await InferenceSession.create(file)
    const { rows } = await session.run({ ids: new Tensor('int64', BigInt64Array.of(3n, 0n, 10n, 7n), [2, 2]) })
    expect(rows?.data).toEqual(tf.gather(table, tf.tensor1d([3, 0, 10, 7], 'int32')).dataSync())
    await session.release()
  })

  it('says what cannot be exported', () => {
    const { fn, signature, names } = attention()
    writeSafetensors(path.join(folder, 'weights.safetensors'), new Map())
    const weights = { storedIn: 'weights.safetensors' }
    expect(() => exportOnnx(fn, signature, { file, names, weights })).toThrow('(embedding.weight) that weights.safetensors does not hold.')
    const other = new Map([...names].map(([name]): [string, SafetensorsTensor] => [name, { dtype: 'F32', shape: [1], data: new Float32Array(1) }]))
    writeSafetensors(path.join(folder, 'weights.safetensors'), other)
    expect(() => exportOnnx(fn, signature, { file, names, weights })).toThrow(
      "The weight 'embedding.weight' is float32 of shape [11, 8], but weights.safetensors has it as F32 of shape [1].",
    )
    const clash = new Map([['tokens', names.get('query.weight') as tf.Variable]])
    expect(() => exportOnnx(fn, signature, { file, names: clash })).toThrow("A weight and an input or output of the graph are both named 'tokens'")
    expect(() => exportOnnx(fn, signature, { file: path.join(folder, 'nowhere', 'model.onnx') })).toThrow('its folder does not exist')
    const counter = tf.variable(tf.scalar(0))
    const counting = ({ x }: Record<string, tf.Tensor>) => {
      counter.assign(tf.add(counter, 1))
      return { y: tf.neg(x as tf.Tensor) }
    }
    expect(() => exportOnnx(counting, { x: { shape: ['N'], dtype: 'float32' } }, { file })).toThrow('cannot assign the variable')
    expect(fs.readdirSync(folder)).toEqual(['weights.safetensors'])
  })
})
