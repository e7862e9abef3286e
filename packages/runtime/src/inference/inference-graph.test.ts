import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { useDevice } from '../device.js'
import { iota } from '../ops/iota.js'
import { Random } from '../random.js'
import { encodeSafetensors, locateSafetensors } from '../safetensors.js'
import { GraphSession } from '../session.js'
import { tf } from '../tf.js'
import { inferenceGraph } from './inference-graph.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

const random = new Random(11)

function weight(...shape: number[]): tf.Variable {
  return tf.variable(tf.tensor(random.normal(shape.reduce((a, b) => a * b, 1), 0, 0.5), shape))
}

function values(shape: number[]) {
  return { data: random.normal(shape.reduce((a, b) => a * b, 1)), shape }
}

/** The graph's results at some sizes equal those of the function run eagerly. */
function expectEqual(
  graph: GraphSession,
  fn: (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>,
  feeds: Record<string, { data: Float32Array | Int32Array; shape: number[] }>,
): void {
  const results = graph.run(feeds)
  tf.tidy(() => {
    const tensors = Object.entries(feeds).map(([name, { data, shape }]) => {
      return [name, tf.tensor(data, shape, data instanceof Int32Array ? 'int32' : 'float32')] as const
    })
    for (const [name, wanted] of Object.entries(fn(Object.fromEntries(tensors)))) {
      const got = results[name]
      expect(got?.shape).toEqual(wanted.shape)
      const reference = wanted.dataSync()
      reference.forEach((value, i) => expect(Math.abs(value - Number(got?.data[i]))).toBeLessThan(1e-5))
    }
  })
}

describe('inferenceGraph', () => {
  it('attends causally at any batch size and length, a cache growing from nothing', () => {
    const width = 6
    const [query, key, out] = [weight(width, width), weight(width, width), weight(width, 9)]
    const fn = ({ x, cache }: Record<string, tf.Tensor>) => {
      const [n, t] = (x as tf.Tensor).shape as [number, number]
      const rows = tf.reshape(x as tf.Tensor, [-1, width]) as tf.Tensor2D
      const q = tf.reshape(tf.matMul(rows, query as tf.Tensor as tf.Tensor2D), [n, t, width]) as tf.Tensor3D
      const fresh = tf.reshape(tf.matMul(rows, key as tf.Tensor as tf.Tensor2D), [n, t, width]) as tf.Tensor3D
      const k = tf.concat([cache as tf.Tensor3D, fresh], 1)
      const total = k.shape[1]
      const behind = tf.neg(tf.reverse(iota(total)))
      const at = tf.neg(tf.reverse(iota(t)))
      const hidden = tf.mul(tf.cast(tf.greater(tf.expandDims(behind, 0), tf.expandDims(at, 1)), 'float32'), -1e9)
      const weights = tf.softmax(tf.add(tf.matMul(q, k, false, true), hidden))
      const seen = tf.reshape(tf.matMul(weights, k), [n * t, width]) as tf.Tensor2D
      const logits = tf.add(tf.matMul(seen, out as tf.Tensor as tf.Tensor2D), tf.ones([n * t, 9]))
      return { logits: tf.reshape(logits, [n, t, 9]), longer: k }
    }
    const graph = inferenceGraph(fn, {
      x: { shape: ['N', 'T', width], dtype: 'float32' },
      cache: { shape: ['N', 'S', width], dtype: 'float32' },
    })
    const session = GraphSession.load(graph.toOnnx('embedded'), { threads: 1 })
    for (const [n, t, s] of [[1, 1, 0], [1, 1, 1], [3, 4, 0], [2, 1, 50], [7, 9, 3]] as const) {
      expectEqual(session, fn, { x: values([n, t, width]), cache: values([n, s, width]) })
    }
  })

  it('derives sizes from values on the way: strided convolution, then rows', () => {
    const [filter, dense] = [weight(3, 3, 1, 4), weight(4 * 5, 3)]
    const fn = ({ x }: Record<string, tf.Tensor>) => {
      const y = tf.relu(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor as tf.Tensor4D, 2, 'same'))
      const [n, t, f, c] = y.shape
      const rows = tf.reshape(y, [n * t, f * c]) as tf.Tensor2D
      return { y: tf.reshape(tf.matMul(rows, dense as tf.Tensor as tf.Tensor2D), [n, t, 3]) }
    }
    const graph = inferenceGraph(fn, { x: { shape: ['N', 'T', 10, 1], dtype: 'float32' } }, { sizes: { T: [14, 20, 34] } })
    const session = GraphSession.load(graph.toOnnx('embedded'), { threads: 1 })
    for (const [n, t] of [[1, 2], [2, 8], [5, 100]] as const) expectEqual(session, fn, { x: values([n, t, 10, 1]) })
  })

  it('takes k of a top-k from an axis', () => {
    const fn = ({ x, k }: Record<string, tf.Tensor>) => {
      const { values, indices } = tf.topk(x as tf.Tensor, (k as tf.Tensor).shape[0] as number)
      return { values, indices }
    }
    const graph = inferenceGraph(fn, { x: { shape: ['N', 200], dtype: 'float32' }, k: { shape: ['K'], dtype: 'int32' } })
    const session = GraphSession.load(graph.toOnnx('embedded'), { threads: 1 })
    for (const k of [1, 4]) expectEqual(session, fn, { x: values([3, 200]), k: { data: new Int32Array(k), shape: [k] } })
  })

  it('reads its weights from a safetensors file beside it', () => {
    const w = weight(4, 3)
    const folder = mkdtempSync(join(tmpdir(), 'graph-'))
    const tensors = new Map([['layer.weight', { dtype: 'F32' as const, shape: [4, 3], data: w.dataSync() as Float32Array }]])
    const bytes = encodeSafetensors(tensors)
    writeFileSync(join(folder, 'model.safetensors'), bytes)
    const fn = ({ x }: Record<string, tf.Tensor>) => ({ y: tf.matMul(x as tf.Tensor2D, w as tf.Tensor as tf.Tensor2D) })
    const graph = inferenceGraph(fn, { x: { shape: ['N', 4], dtype: 'float32' } })
    const names = new Map([['layer.weight', w]])
    const file = join(folder, 'graph.onnx')
    writeFileSync(file, graph.toOnnx({ names, file: 'model.safetensors', locations: locateSafetensors(bytes) }))
    const session = GraphSession.load(file, { threads: 1 })
    expect(session.inputs).toEqual([{ name: 'x', type: 'float32', shape: ['N', 4] }])
    expectEqual(session, fn, { x: values([2, 4]) })
    session.dispose()
    rmSync(folder, { recursive: true })
  })

  it('says what cannot be in such a graph', () => {
    const x = { x: { shape: ['N', 4], dtype: 'float32' as const } }
    expect(() => inferenceGraph(({ x }) => ({ y: tf.add(x as tf.Tensor, tf.stack(tf.unstack(x as tf.Tensor))) }), x)).toThrow(
      'The operations depend on the size of an input',
    )
    const loop = ({ x }: Record<string, tf.Tensor>) => {
      let y = x as tf.Tensor
      for (let i = 0; i < y.shape[0]!; i++) y = tf.neg(y)
      return { y }
    }
    expect(() => inferenceGraph(loop, x)).toThrow('The number of operations depends on the size of an input (5, 7, 11')
    expect(() => inferenceGraph(({ x }) => ({ x: tf.neg(x as tf.Tensor) }), x)).toThrow("an input and an output named 'x'")
    expect(() =>
      inferenceGraph(({ x }) => ({ y: tf.add(x as tf.Tensor, tf.range(0, (x as tf.Tensor).shape[0] as number).expandDims(1)) }), x),
    ).toThrow('A constant of shape [N] was made from the size of an input')
  })

  it('says which input is missing, unknown or of the wrong shape, type or length', () => {
    const graph = inferenceGraph(({ x }) => ({ y: tf.neg(x as tf.Tensor) }), { x: { shape: ['N', 4], dtype: 'float32' } })
    const session = GraphSession.load(graph.toOnnx('embedded'), { threads: 1 })
    expect(() => session.run({})).toThrow("The graph's input 'x' is missing: it takes x.")
    expect(() => session.run({ x: { data: new Float32Array(3), shape: [1, 3] } })).toThrow("'x' is of shape [N, 4], got [1, 3]")
    const data = new Float32Array(8)
    expect(() => session.run({ x: { data, shape: [2, 4] }, z: { data, shape: [2, 4] } })).toThrow("The graph has no input 'z': it takes x.")
    expect(() => session.run({ x: { data: new Int32Array(8), shape: [2, 4] } })).toThrow(
      "The graph's input 'x' takes Float32Array data of 8 elements for the shape [2, 4], got Int32Array of 8.",
    )
    expect(() => session.run({ x: { data, shape: [3, 4] } })).toThrow('takes Float32Array data of 12 elements for the shape [3, 4], got Float32Array of 8.')
    expect(() => GraphSession.load(new Uint8Array(10))).toThrow('the graph cannot be loaded')
    expect(() => GraphSession.load('/nowhere/graph.onnx')).toThrow('/nowhere/graph.onnx cannot be loaded')
  })
})
