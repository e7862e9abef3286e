import { beforeAll, describe, expect, it } from 'vitest'
import { onnxBackend } from '../backend/backend.js'
import { useDevice } from '../device.js'
import { fromFloat16, toFloat16 } from '../half-floats.js'
import { Compiled } from '../jit/compiled.js'
import { jit } from '../jit/jit.js'
import { record } from '../jit/trace.js'
import { gelu } from '../ops/gelu.js'
import { layerNorm } from '../ops/layer-norm.js'
import { Random } from '../random.js'
import { tf } from '../tf.js'
import type { Value } from './graph.js'
import { halvePrecision } from './half-precision.js'
import { simulateHalf } from '../testing/simulate-half.js'
import { optimize } from './passes/index.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

const random = new Random(5)
const draw = (...shape: number[]) => tf.tensor(random.normal(shape.reduce((a, b) => a * b, 1)), shape)
const variable = (...shape: number[]) => tf.variable(draw(...shape)) as tf.Tensor
const matMul = tf.matMul as (a: tf.Tensor, b: tf.Tensor, transposeA?: boolean, transposeB?: boolean) => tf.Tensor

/** The operators of a function in mixed precision, each with the types of its float inputs and its output. */
function operators(fn: (...x: tf.Tensor[]) => tf.Tensor[], ...args: tf.Tensor[]): string[] {
  const trace = record(onnxBackend(), args, (placeholders) => fn(...placeholders))
  const outputs = [...trace.results, ...trace.assigned.map(({ after }) => after)]
  optimize(outputs)
  const weights = new Set(trace.read.map(({ value }) => value))
  const nodes = halvePrecision(outputs, { weights, others: new Set([...trace.placeholders, ...trace.captured]) })
  for (const output of outputs) expect(['float32', 'int32', 'bool']).toContain(output.type)
  const short = (value: Value) => ({ float32: '32', float16: '16' })[value.type as 'float32']
  return nodes.map(({ op, outputs }) => `${op}${short(outputs[0] as Value) ?? ''}`)
}

/** What a function computes in mixed precision. */
function run(fn: (...x: tf.Tensor[]) => tf.Tensor, ...args: tf.Tensor[]): Float32Array {
  return simulateHalf(fn)(...args).dataSync() as Float32Array
}

const rounded = (x: tf.Tensor) => tf.tensor(fromFloat16(toFloat16(x.dataSync() as Float32Array)), x.shape)

function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(wanted.length)
  for (let i = 0; i < wanted.length; i++) expect(Math.abs((got[i] as number) - (wanted[i] as number))).toBeLessThanOrEqual(tolerance)
}

describe('halvePrecision', () => {
  it('computes products in float16, converting a weight once however often it is used', () => {
    const w = variable(4, 4)
    expect(operators((x) => [matMul(matMul(x, w), w)], draw(3, 4))).toEqual(['Cast16', 'Cast16', 'Gemm16', 'Gemm16', 'Cast32'])
  })

  it('stays in float16 between products, bias and activation included', () => {
    const [w, b, v] = [variable(4, 8), variable(8), variable(8, 4)]
    const fn = (x: tf.Tensor) => [matMul(gelu(tf.add(matMul(x, w), b)), v)]
    expect(operators(fn, draw(3, 4)).filter((op) => !op.startsWith('Cast'))).toEqual(['Gemm16', 'Gelu16', 'Gemm16'])
  })

  it('keeps sums, softmax, layer normalisation and the residual stream in float32', () => {
    const [w, g, b] = [variable(4, 4), variable(4), variable(4)]
    const fn = (x: tf.Tensor) => {
      const y = tf.add(x, matMul(layerNorm(x, g, b, 1e-5), w))
      return [tf.softmax(y as tf.Tensor2D), tf.sum(y)]
    }
    const ops = operators(fn, draw(3, 4))
    expect(ops).toEqual(expect.arrayContaining(['LayerNormalization32', 'Gemm16', 'Add32', 'Softmax32', 'ReduceSum32']))
  })

  it('updates parameters in float32: no state is made from a rounded weight', () => {
    const w = variable(4, 4) as tf.Variable
    const fn = (x: tf.Tensor) => {
      const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(matMul(x, w))) as tf.Scalar, [w])
      w.assign(tf.sub(w, tf.mul(grads[w.name] as tf.Tensor, 1e-8)))
      return [value]
    }
    const ops = operators(fn, draw(3, 4))
    expect(ops.at(-1)).toBe('Sub32')
    expect(ops.filter((op) => op.startsWith('Gemm'))).toEqual(['Gemm16', 'Gemm16'])
  })

  it('rounds the operands of a product and nothing else', () => {
    const [x, w] = [draw(16, 32), variable(32, 8)]
    const wanted = matMul(rounded(x), rounded(w)).dataSync()
    const got = run((x) => matMul(x, w), x)
    // Ten bits of fraction, rounded to nearest.
    wanted.forEach((value, i) => expect(Math.abs((got[i] as number) - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -11))
    expect(fromFloat16(toFloat16(got))).toEqual(got)
  })

  it('keeps large finite masks finite, computed, captured or constant', () => {
    const [q, k, v] = [draw(2, 5, 4), draw(2, 5, 4), draw(2, 5, 4)]
    const hidden = tf.linalg.bandPart(tf.ones([5, 5]), -1, 0)
    const captured = tf.mul(tf.sub(1, hidden), -1e9)
    const masks: [string, () => tf.Tensor][] = [
      ['computed', () => tf.mul(tf.sub(1, hidden), -1e9)],
      ['captured', () => captured],
      ['constant', () => tf.tensor(Array.from({ length: 25 }, (_, i) => (i % 5 > Math.floor(i / 5) ? -1e9 : 0)), [5, 5])],
    ]
    for (const [name, mask] of masks) {
      const attend = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => matMul(tf.softmax(tf.add(matMul(q, k, false, true), mask())), v)
      const wanted = attend(q, k, v).dataSync()
      expect(wanted.every(Number.isFinite)).toBe(true)
      // float16 keeps scores of up to 8 to within 2⁻⁸; probabilities change by as much.
      expectClose(run(attend, q, k, v), wanted, 0.03)
      // Behind a mask as the factor of a product too.
      const product = run((q, k) => matMul(tf.where(tf.greater(k, 0), k, -1e9), q, false, true), q, k)
      expect(product.some((value) => Number.isNaN(value)), name).toBe(false)
    }
  })

  it('lets products that overflow be infinite, for loss scaling to see', () => {
    const x = tf.fill([2, 2], 300)
    expect([...run((x) => matMul(x, x), x)]).toEqual([Infinity, Infinity, Infinity, Infinity])
    // Too large already before the product.
    const infinite = run((x) => matMul(tf.mul(x, 1000), tf.ones([2, 1])), x)
    expect([...infinite]).toEqual([Infinity, Infinity])
  })

  it('computes with what float16 would turn into 0 in float32', () => {
    const w = variable(4, 4)
    const fn = (x: tf.Tensor) => {
      const y = matMul(x, w)
      return [matMul(tf.mul(y, tf.add(tf.mul(y, 1e-9), 1)), w)]
    }
    expect(operators(fn, draw(3, 4)).filter((op) => /Mul|Add/.test(op))).toEqual(['Mul32', 'Add32', 'Mul32'])
  })

  it('compiles whole, gradients and update included', () => {
    const [w, x] = [variable(4, 4) as tf.Variable, draw(3, 4)]
    const step = (x: tf.Tensor) => {
      const { value, grads } = tf.variableGrads(() => tf.mean(tf.square(gelu(matMul(x, w)))) as tf.Scalar, [w])
      w.assign(tf.sub(w, tf.mul(grads[w.name] as tf.Tensor, 0.1)))
      return value
    }
    const before = w.dataSync()
    const wanted = [step(x).dataSync()[0], ...w.dataSync()] as number[]
    w.assign(tf.tensor(before, w.shape))
    const compiled = new Compiled(onnxBackend(), 'half', step, [x], [x], 'float16')
    // Losses of about 1 and gradients of less, of operands with ten bits of fraction.
    expectClose([compiled.run([x]).dataSync()[0] as number, ...w.dataSync()], wanted, 0.01)
  })

  it('is refused by name on a device that does not compute in float16', () => {
    const fn = jit((x: tf.Tensor) => tf.neg(x), { precision: 'float16' })
    expect(() => fn(draw(2))).toThrow("The device 'cpu' does not compute in float16: leave out precision: 'float16', or use a GPU")
  })
})
