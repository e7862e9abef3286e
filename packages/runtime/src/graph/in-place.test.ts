import { beforeAll, describe, expect, it } from 'vitest'
import { onnxBackend } from '../backend/backend.js'
import { useDevice } from '../device.js'
import { jit } from '../jit/jit.js'
import { record } from '../jit/trace.js'
import { tf } from '../tf.js'
import { overwritable } from './in-place.js'
import { pendingNodes } from './graph.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

const vector = (...values: number[]): tf.Tensor1D => tf.tensor1d(values)
const table = (): tf.Tensor2D => tf.tensor2d([[1, 2], [3, 4], [5, 6]])

/** For each variable that `fn` assigns, whether the graph may write over it. */
function decided(fn: (x: tf.Tensor) => tf.Tensor | undefined, x: tf.Tensor = vector(1, 2)): boolean[] {
  const { results, assigned, read } = record(onnxBackend(), [x], ([x]) => {
    const result = fn(x as tf.Tensor)
    return result ? [result] : []
  })
  const outputs = [...results, ...assigned.map(({ after }) => after)]
  const before = new Map(read.map(({ variable, value }) => [variable, value]))
  const states = assigned.map(({ variable, after }) => ({ before: before.get(variable), after }))
  return overwritable(pendingNodes(outputs), outputs, states)
}

describe('overwritable', () => {
  it.each<[string, boolean, (v: tf.Variable, w: tf.Variable, x: tf.Tensor) => tf.Tensor | undefined]>([
    ['an update by elements', true, (v, _, x) => void v.assign(tf.sub(v, x))],
    ['an update that uses the old value twice', true, (v, _, x) => void v.assign(tf.add(tf.mul(v, x), tf.exp(v)))],
    ['a state that is not read', false, (v, _, x) => void v.assign(tf.neg(x))],
    ['an update by a reordering', false, (v) => void v.assign(tf.reverse(v))],
    ['an old value that is a result too', false, (v, _, x) => (v.assign(tf.add(v, x)), tf.add(v, 0).mul(x))],
    [
      'an old value that a result is computed from',
      false,
      (v, _, x) => {
        const result = tf.exp(v)
        v.assign(tf.add(v, x))
        return result
      },
    ],
    [
      'an old value that another state is computed from, which the new one needs',
      true,
      (v, w, x) => {
        const next = tf.add(w, v)
        v.assign(tf.add(v, tf.mul(next, x)))
        w.assign(tf.add(next, x))
        return undefined
      },
    ],
    [
      'an old value that a view of is read later',
      false,
      (v, _, x) => {
        const view = tf.reshape(v, [2, 1])
        v.assign(tf.add(v, x))
        return tf.exp(view)
      },
    ],
  ])('%s: %s', (_, expected, fn) => {
    const [v, w] = [tf.variable(vector(1, 2)), tf.variable(vector(3, 4))]
    const got = decided((x) => fn(v, w, x))
    if (_ === 'an old value that is a result too') expect(got).toEqual([true]) // the result is computed from the new value
    else expect(got[0]).toBe(expected)
    tf.dispose([v, w])
  })

  it('waits for every index that may be out of bounds, once for the same indices', () => {
    const [rows, other, v] = [tf.variable(table()), tf.variable(table()), tf.variable(vector(0, 0))]
    const index = tf.tensor1d([0, 1], 'int32')
    const places = (x: tf.Tensor) => tf.stack([x, x], 1)
    expect(decided((x) => (v.assign(tf.add(v, 1)), tf.gather(rows, x)), index)).toEqual([false])
    expect(decided((x) => void v.assign(tf.add(v, tf.gather(rows, x).sum(0))), index)).toEqual([true])
    const twice = (from: tf.Variable, at: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) => {
      const where = places(x)
      v.assign(tf.add(v, tf.gatherND(rows, where)))
      return tf.gatherND(from, at(where))
    }
    expect(decided(twice(other, (where) => where), index)).toEqual([true])
    expect(decided(twice(other, (where) => tf.add(where, tf.scalar(1, 'int32'))), index)).toEqual([false])
    tf.dispose([rows, other, v])
  })
})

describe('a step that writes over its state', () => {
  /** v ← v·x + w, w ← w + v (new): each in the other's way unless the order is right. */
  const stepper = (v: tf.Variable, w: tf.Variable) => (x: tf.Tensor) => {
    v.assign(tf.add(tf.mul(v, x), w))
    w.assign(tf.add(w, v))
    return tf.sum(v)
  }

  it('computes what one with separate memory computes, over many calls', () => {
    const [v, w] = [tf.variable(vector(1, 2)), tf.variable(vector(0.5, -0.5))]
    const step = jit(stepper(v, w))
    let [a, b] = [[1, 2], [0.5, -0.5]] as [number[], number[]]
    for (let i = 0; i < 8; i++) {
      const x = [0.3 + 0.01 * i, -0.4]
      const sum = step(tf.tensor1d(x)).dataSync()[0] as number
      a = a.map((value, k) => Math.fround(Math.fround(value * Math.fround(x[k] as number)) + (b[k] as number)))
      b = b.map((value, k) => Math.fround(value + (a[k] as number)))
      expect(Math.abs(sum - (a[0] as number) - (a[1] as number))).toBeLessThan(1e-5)
    }
    expect([...v.dataSync()].every((value, k) => Math.abs(value - (a[k] as number)) < 1e-5)).toBe(true)
    expect([...w.dataSync()].every((value, k) => Math.abs(value - (b[k] as number)) < 1e-5)).toBe(true)
  })

  it('keeps what copies, clones and arguments show', () => {
    const v = tf.variable(vector(1, 2))
    const step = jit((x: tf.Tensor) => {
      v.assign(tf.add(v, x) as tf.Tensor1D)
      return tf.mul(x, 2)
    })
    step(vector(1, 1)).dispose()
    const clone = v.clone()
    const read = v.dataSync()
    step(vector(1, 1)).dispose()
    expect([[...clone.dataSync()], [...read], [...v.dataSync()]]).toEqual([[2, 3], [2, 3], [3, 4]])
    clone.dispose()
    // The variable itself as the argument: 2 · (what it held), although it is written to.
    expect([...step(v).dataSync()]).toEqual([6, 8])
    expect([...v.dataSync()]).toEqual([6, 8])
  })

  it('takes no second memory for the state', () => {
    const v = tf.variable(tf.zeros([1000]))
    const step = jit((x: tf.Tensor) => void v.assign(tf.add(v, x)))
    const x = tf.ones([1000])
    step(x)
    const { data } = onnxBackend().valueFor(v)
    for (let i = 0; i < 3; i++) step(x)
    expect(onnxBackend().valueFor(v).data).toBe(data)
    expect(v.dataSync()[0]).toBe(4)
  })
})
