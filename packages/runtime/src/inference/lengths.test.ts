/** One compiled graph for every length: a thousand of them leave sessions and memory as they were. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { OnnxBackend } from '../backend/backend.js'
import { useDevice } from '../device.js'
import { iota } from '../ops/iota.js'
import { lstm } from '../ops/lstm.js'
import { Random } from '../random.js'
import { tf } from '../tf.js'
import { GraphSession } from './graph-session.js'
import type { GraphTensor } from './graph-tensor.js'
import { inferenceGraph } from './inference-graph.js'

const random = new Random(12)
const LENGTHS = 1000
/** What memory may grow by, in bytes, while lengths change: garbage that waits for its collector. */
const GROWTH = 64 * 2 ** 20

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

const weight = (...shape: number[]): tf.Variable => tf.variable(tf.tensor(random.normal(shape.reduce((a, b) => a * b, 1), 0, 0.3), shape))
const matrix = (x: tf.Tensor): tf.Tensor2D => x as tf.Tensor2D
const values = (...shape: number[]): GraphTensor & { data: Float32Array } => ({ data: random.normal(shape.reduce((a, b) => a * b, 1)), shape })
const tensorOf = ({ data, shape }: GraphTensor): tf.Tensor => tf.tensor(data as Float32Array, [...shape])

function expectClose(got: GraphTensor | undefined, wanted: tf.Tensor): void {
  expect(got?.shape).toEqual(wanted.shape)
  wanted.dataSync().forEach((value, i) => expect(Math.abs(value - (got?.data[i] as number))).toBeLessThan(2e-5))
}

/** Bytes by which the process grows while `run` is called with every number up to `LENGTHS`, after it has been warmed up. */
function growthOver(run: (i: number) => void): number {
  for (const i of [LENGTHS, 1, LENGTHS, 7]) run(i)
  const before = process.memoryUsage.rss()
  for (let i = 1; i <= LENGTHS; i++) run(i)
  return process.memoryUsage.rss() - before
}

const width = 32

/** Attention of x (N, T, C), the newest positions, over what is cached (N, S, C) and themselves, causally. */
function attend(weights: readonly tf.Tensor[], x: tf.Tensor, cache: tf.Tensor): { y: tf.Tensor; next: tf.Tensor } {
  const [query, key, out] = weights.map(matrix) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]
  const [n, t] = x.shape as [number, number]
  const dense = (x: tf.Tensor, w: tf.Tensor2D) => tf.reshape(tf.matMul(matrix(tf.reshape(x, [-1, width])), w), [n, -1, width])
  const next = tf.concat([cache, dense(x, key)], 1)
  // A key is hidden from a query behind which more positions come.
  const after = (length: number) => tf.reverse(iota(length))
  const hidden = tf.less(tf.expandDims(after(next.shape[1] as number), 0), tf.expandDims(after(t), 1))
  const scores = tf.add(tf.matMul(dense(x, query), next, false, true), tf.mul(tf.cast(hidden, 'float32'), -1e9))
  return { y: dense(tf.matMul(tf.softmax(scores), next), out), next }
}

describe('a thousand lengths', () => {
  it('of an encoder run in one graph and leave memory flat', () => {
    const weights = [weight(width, width), weight(width, width), weight(width, width)]
    const fn = ({ x }: Record<string, tf.Tensor>) => {
      const mask = tf.zeros((x as tf.Tensor).shape.map((d, i) => (i === 1 ? 0 : d)))
      return { y: tf.mean(attend(weights, tf.relu(x as tf.Tensor), mask).y, 1) }
    }
    const graph = inferenceGraph(fn, { x: { shape: ['N', 'T', width], dtype: 'float32' } })
    const session = GraphSession.load(graph.toOnnx('embedded'), { threads: 1 })
    for (const [n, t] of [[1, 1], [3, 2], [2, 333]] as const) {
      const x = values(n, t, width)
      tf.tidy(() => expectClose(session.run({ x }).y, fn({ x: tensorOf(x) }).y))
    }
    expect(growthOver((t) => session.run({ x: values(2, t, width) }))).toBeLessThan(GROWTH)
    session.dispose()
  })

  it('of a cache that grows with every token run in one graph, equal to attending to all at once', () => {
    const weights = [weight(width, width), weight(width, width), weight(width, width)]
    const fn = ({ x, cache }: Record<string, tf.Tensor>) => {
      const { y, next } = attend(weights, x as tf.Tensor, cache as tf.Tensor)
      return { y, next }
    }
    const graph = inferenceGraph(fn, {
      x: { shape: ['N', 1, width], dtype: 'float32' },
      cache: { shape: ['N', 'S', width], dtype: 'float32' },
    })
    const session = GraphSession.load(graph.toOnnx('embedded'), { threads: 1 })
    const all = values(2, LENGTHS, width)
    const frame = (t: number): GraphTensor => {
      const data = new Float32Array(2 * width)
      for (let n = 0; n < 2; n++) data.set(all.data.subarray((n * LENGTHS + t) * width, (n * LENGTHS + t + 1) * width), n * width)
      return { data, shape: [2, 1, width] }
    }
    const decode = (): GraphTensor[] => {
      let cache: GraphTensor = { data: new Float32Array(0), shape: [2, 0, width] }
      return Array.from({ length: LENGTHS }, (_, t) => {
        const { y, next } = session.run({ x: frame(t), cache }) as Record<'y' | 'next', GraphTensor>
        cache = next
        return y
      })
    }
    decode()
    const before = process.memoryUsage.rss()
    const outputs = decode()
    expect(process.memoryUsage.rss() - before).toBeLessThan(GROWTH)
    tf.tidy(() => {
      const whole = attend(weights, tensorOf(all), tf.zeros([2, 0, width])).y
      for (const t of [0, 1, 500, LENGTHS - 1]) expectClose(outputs[t], tf.slice(whole, [0, t, 0], [2, 1, width]))
    })
    session.dispose()
  })

  it('of chunks of a stream run in one graph: convolution with left context, LSTM with its state', () => {
    const [bins, kernel, hiddenSize] = [8, 5, 16]
    const filter = weight(kernel, bins, width)
    const gates = { inputWeight: weight(4 * hiddenSize, width), recurrentWeight: weight(4 * hiddenSize, hiddenSize), bias: weight(4 * hiddenSize) }
    const fn = ({ x, context, hidden, cell }: Record<string, tf.Tensor>) => {
      const [n, t] = (x as tf.Tensor).shape as [number, number]
      const seen = tf.concat([context as tf.Tensor, x as tf.Tensor], 1)
      const y = tf.tanh(tf.conv1d(seen as tf.Tensor3D, filter as tf.Tensor as tf.Tensor3D, 1, 'valid'))
      const { outputs, ...state } = lstm(tf.transpose(y, [1, 0, 2]), gates, hidden as tf.Tensor, cell as tf.Tensor)
      return {
        y: tf.transpose(outputs, [1, 0, 2]),
        nextContext: tf.slice(seen, [0, t, 0], [n, kernel - 1, bins]),
        nextHidden: state.hidden,
        nextCell: state.cell,
      }
    }
    const graph = inferenceGraph(fn, {
      x: { shape: ['N', 'T', bins], dtype: 'float32' },
      context: { shape: ['N', kernel - 1, bins], dtype: 'float32' },
      hidden: { shape: ['N', hiddenSize], dtype: 'float32' },
      cell: { shape: ['N', hiddenSize], dtype: 'float32' },
    })
    const session = GraphSession.load(graph.toOnnx('embedded'), { threads: 1 })
    type State = Record<'context' | 'hidden' | 'cell', GraphTensor>
    const zeros = (...shape: number[]): GraphTensor => ({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape })
    const start = (): State => ({ context: zeros(1, kernel - 1, bins), hidden: zeros(1, hiddenSize), cell: zeros(1, hiddenSize) })
    const advance = (state: State, x: GraphTensor): { y: GraphTensor; state: State } => {
      const out = session.run({ x, ...state }) as Record<string, GraphTensor>
      return { y: out.y as GraphTensor, state: { context: out.nextContext, hidden: out.nextHidden, cell: out.nextCell } as State }
    }
    // A stream in chunks of any lengths is the stream at once.
    const all = values(1, 300, bins)
    const whole = advance(start(), all)
    const parts: number[] = []
    let state = start()
    for (let at = 0, size = 1; at < 300; at += size, size = (size * 7) % 23) {
      const end = Math.min(300, at + size)
      const next = advance(state, { data: all.data.slice(at * bins, end * bins), shape: [1, end - at, bins] })
      parts.push(...(next.y.data as Float32Array))
      state = next.state
    }
    const wanted = whole.y.data as Float32Array
    expect(parts.length).toBe(wanted.length)
    parts.forEach((value, i) => expect(Math.abs(value - (wanted[i] as number))).toBeLessThan(1e-5))
    // Against operations of TF.js, step by step.
    tf.tidy(() => {
      const padded = tf.concat([tf.zeros([1, kernel - 1, bins]), tensorOf(all)], 1) as tf.Tensor3D
      const y = tf.tanh(tf.conv1d(padded, filter as tf.Tensor as tf.Tensor3D, 1, 'valid'))
      let [h, c] = [tf.zeros([1, hiddenSize]), tf.zeros([1, hiddenSize])] as [tf.Tensor2D, tf.Tensor2D]
      for (let t = 0; t < 300; t++) {
        const x = matrix(tf.reshape(tf.slice(y, [0, t, 0], [1, 1, width]), [1, width]))
        const product = (x: tf.Tensor2D, w: tf.Tensor) => tf.matMul(x, matrix(w), false, true)
        const sums = tf.add(tf.add(product(x, gates.inputWeight), product(h, gates.recurrentWeight)), gates.bias)
        const [i, f, g, o] = tf.split(sums, 4, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]
        c = matrix(tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g))))
        h = matrix(tf.mul(tf.sigmoid(o), tf.tanh(c)))
      }
      expectClose(whole.state.hidden, h)
      expectClose(whole.state.cell, c)
    })
    state = start()
    const growth = growthOver((t) => (state = advance(state, values(1, t, bins)).state))
    expect(growth).toBeLessThan(GROWTH)
    session.dispose()
  })

  it('of an eager program leave the session cache bounded', () => {
    const { evaluator } = tf.backend() as OnnxBackend
    const [w, b] = [weight(width, width), weight(width)]
    const run = (t: number) =>
      tf.tidy(() => tf.mean(tf.softmax(tf.add(tf.matMul(matrix(tensorOf(values(t, width))), matrix(w)), b))).dataSync()[0] as number)
    const growth = growthOver((t) => expect(run(t)).toBeCloseTo(1 / width, 5))
    const { sessions } = evaluator.memory
    expect(growth).toBeLessThan(GROWTH)
    for (let t = LENGTHS + 1; t < LENGTHS + 100; t++) run(t)
    // A shape seen once runs operator by operator, on sessions for every shape.
    expect(evaluator.memory.sessions).toBe(sessions)
  })
})
