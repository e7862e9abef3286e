import fs from 'node:fs'
import { Worker } from 'node:worker_threads'
import { beforeAll, describe, expect, it } from 'vitest'
import { jit, tf } from '@parlance/runtime'
import { difference, useTestDevice } from '../testing.js'
import {
  distinctRows, GraphRowAdagrad, GraphRowAdam, GraphRowSGD, RowAdagrad, RowAdam, RowSGD, RowTable,
} from './index.js'

interface Fixture {
  rows: number
  width: number
  initial: number[]
  ids: number[][]
  gradients: number[][]
  learningRate: number
  runs: { optimizer: 'RowSGD' | 'RowAdagrad' | 'RowAdam'; options: Record<string, number>; tables: number[][] }[]
}

// Written by torch.optim.SGD and SparseAdam of PyTorch 1.13 on sparse gradients with ids that repeat; the row-wise
// Adagrad by PyTorch-BigGraph's rule in NumPy's float64. Row 3 never has a gradient.
const fixture = JSON.parse(
  fs.readFileSync(new URL('../fixtures/row-optimizers.json', import.meta.url), 'utf8'),
) as Fixture
const { rows, width, learningRate } = fixture

const onHost = { RowSGD, RowAdagrad, RowAdam }
const inGraph = { RowSGD: GraphRowSGD, RowAdagrad: GraphRowAdagrad, RowAdam: GraphRowAdam }

beforeAll(useTestDevice)

const idsOf = (step: number) => Int32Array.from(fixture.ids[step] ?? [])
const gradientsOf = (step: number) => Float32Array.from(fixture.gradients[step] ?? [])

function table(): RowTable {
  const made = new RowTable({ rows, width })
  made.values.set(fixture.initial)
  return made
}

function expectClose(got: ArrayLike<number>, wanted: number[]): void {
  expect(got.length).toBe(wanted.length)
  for (const [i, value] of wanted.entries()) expect(Math.abs(value - (got[i] as number))).toBeLessThan(1e-6)
}

describe('row-wise optimizers', () => {
  it.each(fixture.runs)('$optimizer with $options follows the reference in shared memory', ({ optimizer, options, tables }) => {
    const of = table()
    expect(of.values.buffer).toBeInstanceOf(SharedArrayBuffer)
    const rule = new onHost[optimizer](of, options)
    const untouched = Array.from(of.values.subarray(3 * width, 4 * width))
    for (const [i, wanted] of tables.entries()) {
      rule.update(idsOf(i), gradientsOf(i), learningRate, i + 1)
      expectClose(of.values, wanted)
    }
    expect(Array.from(of.values.subarray(3 * width, 4 * width))).toEqual(untouched)
    for (const state of rule.state().values()) {
      const size = state.length / rows
      expect([...state.subarray(3 * size, 4 * size)].every((value) => value === 0)).toBe(true)
    }
  })

  it.each(fixture.runs)('$optimizer with $options follows the reference in a traced graph', ({ optimizer, options, tables }) => {
    const weight = tf.variable(tf.tensor2d(fixture.initial, [rows, width]))
    const rule = new inGraph[optimizer](weight, options)
    const live = tf.memory().numTensors
    const apply = jit((ids: tf.Tensor1D, gradients: tf.Tensor, step: tf.Tensor): void =>
      rule.apply(ids, gradients, tf.scalar(learningRate), step),
    )
    for (const [i, wanted] of tables.entries()) {
      tf.tidy(() => apply(tf.tensor1d(idsOf(i)), tf.tensor2d(gradientsOf(i), [3, width]), tf.scalar(i + 1, 'int32')))
      expect(difference(weight, wanted)).toBeLessThan(1e-6)
    }
    expect(apply.traces).toBe(1)
    expect(tf.memory().numTensors).toBe(live)
    tf.dispose([weight])
    rule.dispose()
  })

  it.each(fixture.runs)('$optimizer with $options continues from its state as if it had not stopped', ({ optimizer, options, tables }) => {
    const of = table()
    const before = new onHost[optimizer](of, options)
    for (let i = 0; i < 3; i++) before.update(idsOf(i), gradientsOf(i), learningRate, i + 1)
    const copy = new RowTable({ rows, width, values: of.values.slice() })
    const state = new Map([...before.state()].map(([name, array]) => [name, array.slice()]))
    const after = new onHost[optimizer](copy, { ...options, state })
    for (let i = 3; i < tables.length; i++) {
      before.update(idsOf(i), gradientsOf(i), learningRate, i + 1)
      after.update(idsOf(i), gradientsOf(i), learningRate, i + 1)
    }
    expect(copy.values).toEqual(of.values)
    expect([...after.state()]).toEqual([...before.state()])
  })

  it('train a table through a graph that sees only the rows of the batch', () => {
    // The same three steps of a loss on a dense table, whose gradient is zero elsewhere.
    const batches = [[1, 4, 1, 0], [2, 2, 5, 1], [0, 5, 4, 4]].map((ids) => Int32Array.from(ids))
    const loss = (rows: tf.Tensor) => tf.sum(tf.mul(tf.sin(rows), tf.range(1, 4 * width + 1).reshape([4, width]))) as tf.Scalar
    const dense = tf.variable(tf.tensor2d(fixture.initial, [rows, width]))
    const of = table()
    const rule = new RowSGD(of)
    const step = jit((distinct: tf.Tensor, places: tf.Tensor1D) => tf.grad((rows) => loss(tf.gather(rows, places)))(distinct))
    for (const [i, ids] of batches.entries()) {
      const { grads } = tf.variableGrads(() => loss(tf.gather(dense, tf.tensor1d(ids))), [dense])
      dense.assign(tf.sub(dense, tf.mul(grads[dense.name] as tf.Tensor, 0.1)) as tf.Tensor2D)
      const { rows: distinct, places } = distinctRows(ids)
      const values = tf.tensor2d(of.gather(distinct), [distinct.length, width])
      const gradient = step(values, tf.tensor1d(places)).dataSync() as Float32Array
      rule.update(distinct, gradient, 0.1, i + 1)
    }
    expect(difference(dense, [...of.values])).toBeLessThan(1e-6)
  })

  it('write where other threads read', async () => {
    const of = table()
    const worker = new Worker(
      "const { workerData, parentPort } = require('node:worker_threads'); parentPort.on('message', () => parentPort.postMessage(Array.from(workerData)))",
      { eval: true, workerData: of.values },
    )
    new RowSGD(of).update(Int32Array.of(2), Float32Array.of(1, 2, 3), 1, 1)
    const seen = new Promise<number[]>((resolve) => worker.once('message', resolve))
    worker.postMessage('read')
    expect(await seen).toEqual(Array.from(of.values))
    await worker.terminate()
  })

  it('say what does not fit and change nothing', () => {
    const of = table()
    const before = of.values.slice()
    const rule = new RowAdagrad(of)
    expect(() => rule.update(Int32Array.of(0, 6), new Float32Array(6), 1, 1)).toThrow('There is no row 6 in a table of 6 rows.')
    expect(() => rule.update(Int32Array.of(-1), new Float32Array(3), 1, 1)).toThrow('There is no row -1')
    expect(() => rule.update(Int32Array.of(0), new Float32Array(4), 1, 1)).toThrow('1 rows of 3 have 3 gradients, got 4.')
    expect(of.values).toEqual(before)
    expect(() => of.gather(Int32Array.of(6))).toThrow('There is no row 6')
    expect(() => new RowTable({ rows: 2, width: 3, values: new Float32Array(5) })).toThrow('needs 6 values, got 5')
    const state = new Map([['sum', new Float32Array(5)]])
    expect(() => new RowAdagrad(of, { state })).toThrow('needs a state sum of 6 values, got 5')
    expect(() => new RowAdam(of, { state })).toThrow('needs a state first_moment of 18 values, got none')
    expect(() => new RowAdam(of, { beta1: 1 })).toThrow("RowAdam's beta1 must lie between 0 and 1")
    const weight = tf.variable(tf.zeros([4, 3]))
    expect(() => new GraphRowSGD(tf.variable(tf.zeros([4])))).toThrow('must have 2 axes, got shape [4]')
    const apply = (ids: tf.Tensor1D) => () =>
      new GraphRowSGD(weight).apply(ids, tf.zeros([1, 3]), tf.scalar(1), tf.scalar(1, 'int32'))
    expect(apply(tf.tensor1d([0]))).toThrow('needs int32 ids (N) and gradients (N, 3), got float32 [1] and [1, 3]')
    expect(apply(tf.tensor1d([0, 1], 'int32'))).toThrow('got int32 [2] and [1, 3]')
  })
})
