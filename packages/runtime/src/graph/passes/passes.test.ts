import { beforeAll, describe, expect, it } from 'vitest'
import { onnxBackend } from '../../backend/backend.js'
import { useDevice } from '../../device.js'
import { jit } from '../../jit/jit.js'
import { record } from '../../jit/trace.js'
import { Random } from '../../random.js'
import { tf } from '../../tf.js'
import { optimize } from './index.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

const random = new Random(2)
const draw = (...shape: number[]) => tf.tensor(random.normal(shape.reduce((a, b) => a * b, 1)), shape)

/** The operators that remain of a function, and that its results are those of TF.js's own backend. */
async function compiled(fn: (...x: tf.Tensor[]) => tf.Tensor, ...args: tf.Tensor[]): Promise<string[]> {
  const trace = record(onnxBackend(), args, (placeholders) => [fn(...placeholders)])
  const operators = optimize(trace.results).map((node) => node.op)
  const got = jit(fn)(...args).dataSync()
  const data = args.map((arg) => ({ values: arg.dataSync(), shape: arg.shape }))
  await tf.setBackend('cpu')
  const wanted = fn(...data.map(({ values, shape }) => tf.tensor(values as Float32Array, shape))).dataSync()
  await useDevice('cpu', { threads: 1 })
  wanted.forEach((value, i) => expect(Math.abs(value - (got[i] as number))).toBeLessThan(1e-5))
  return operators
}

const matMul = tf.matMul as (a: tf.Tensor, b: tf.Tensor, transposeA?: boolean, transposeB?: boolean) => tf.Tensor

describe('graph passes', () => {
  it('makes a linear layer one product', async () => {
    const fn = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => tf.add(matMul(x, w, false, true), b)
    expect(await compiled(fn, draw(3, 4), draw(5, 4), draw(5))).toEqual(['Gemm'])
  })

  it('makes a linear layer over sequences one product between views', async () => {
    const fn = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
      tf.add(tf.reshape(matMul(tf.reshape(x, [6, 4]), w), [2, 3, 5]), b)
    expect(await compiled(fn, draw(2, 3, 4), draw(4, 5), draw(5))).toEqual(['Reshape', 'Gemm', 'Reshape'])
  })

  it('does not add a bias to a product that is used elsewhere too', async () => {
    const fn = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => {
      const product = matMul(x, w)
      return tf.mul(tf.add(product, b), product)
    }
    expect(await compiled(fn, draw(3, 4), draw(4, 5), draw(5))).toEqual(['Gemm', 'Add', 'Mul'])
  })

  it.each([
    ['before', (q: tf.Tensor, k: tf.Tensor) => matMul(tf.mul(q, 0.25), k, false, true)],
    ['after', (q: tf.Tensor, k: tf.Tensor) => tf.mul(matMul(q, k, false, true), 0.25)],
    ['before and after', (q: tf.Tensor, k: tf.Tensor) => tf.mul(matMul(tf.mul(q, 0.5), k, false, true), 0.5)],
  ])('scales in the product what a number scales %s it', async (_, fn) => {
    expect(await compiled(fn, draw(2, 3, 4), draw(2, 5, 4))).toEqual(['FusedMatMul'])
    expect(await compiled(fn, draw(3, 4), draw(5, 4))).toEqual(['Gemm'])
  })

  it('keeps a scaled factor that is used elsewhere too', async () => {
    const fn = (q: tf.Tensor, k: tf.Tensor) => {
      const scaled = tf.mul(q, 0.5)
      return tf.add(matMul(scaled, k), scaled)
    }
    expect(await compiled(fn, draw(4, 4), draw(4, 4))).toEqual(['Mul', 'Gemm', 'Add'])
  })

  it.each([
    ['to a product', (a: tf.Tensor, rows: tf.Tensor) => tf.add(matMul(a, a), added(rows))],
    ['with a product', (a: tf.Tensor, rows: tf.Tensor) => tf.add(added(rows), matMul(a, a))],
  ])('adds rows %s in their places, not by a sum of zeros', async (_, fn) => {
    const operators = await compiled(fn, draw(4, 4), draw(3, 4))
    expect(operators.filter((op) => op !== 'Expand' && op !== 'Cast')).toEqual(['Gemm', 'ScatterND'])
  })

  it('keeps added rows that are used elsewhere too, or broadcast against', async () => {
    const twice = (a: tf.Tensor, rows: tf.Tensor) => {
      const scattered = added(rows)
      return tf.mul(tf.add(a, scattered), scattered)
    }
    expect(await compiled(twice, draw(4, 4), draw(3, 4))).toContain('Add')
    expect(await compiled((a, rows) => tf.add(a, added(rows)), draw(4), draw(3, 4))).toContain('Add')
  })
})

/** Three rows, two of them in the same place of four. */
function added(rows: tf.Tensor): tf.Tensor {
  return tf.scatterND(tf.tensor2d([[2], [0], [2]], [3, 1], 'int32'), rows, [4, 4])
}
