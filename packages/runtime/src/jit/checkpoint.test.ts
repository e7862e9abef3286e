import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { useDevice } from '../device.js'
import { dropout } from '../ops/dropout.js'
import { Random } from '../random.js'
import { tf } from '../tf.js'
import { checkpoint } from './checkpoint.js'
import { jit } from './jit.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

afterEach(() => tf.disposeVariables())

type Wrap = typeof checkpoint
const plain: Wrap = (fn) => fn
const of = (x: tf.Tensor): number[] => Array.from(x.dataSync())

function draw(random: Random, ...shape: number[]): tf.Tensor {
  return tf.tensor(random.normal(shape.reduce((a, b) => a * b, 1), 0, 0.3), shape)
}

/** Values and gradients of every variable and of the argument, compiled with the blocks wrapped or not. */
function differentiate(
  loss: (wrap: Wrap, x: tf.Tensor, step: tf.Tensor, weights: readonly tf.Tensor[]) => tf.Tensor,
  weights: readonly tf.Tensor[],
  x: tf.Tensor,
): { wrapped: number[][]; unwrapped: number[][] } {
  const variables = weights.map((w) => tf.variable(w))
  const run = (wrap: Wrap): number[][] => {
    const step = jit((x: tf.Tensor, step: tf.Tensor) => {
      const inputs = [x, ...variables]
      const gradients = tf.grads((x, ...weights) => tf.sum(loss(wrap, x as tf.Tensor, step, weights as tf.Tensor[])))(inputs)
      return [loss(plain, x, step, variables), ...gradients]
    })
    return [1, 2].flatMap((i) => step(x, tf.scalar(i, 'int32')).map(of))
  }
  return { wrapped: run(checkpoint), unwrapped: run(plain) }
}

/** Some layers of x + dropout(tanh(x w) v), each a block. */
function residuals(wrap: Wrap, x: tf.Tensor, step: tf.Tensor, weights: readonly tf.Tensor[]): tf.Tensor {
  const key = { seed: 3, step, examples: tf.range(0, x.shape[0] as number, 1, 'int32') }
  let y = x
  for (let i = 0; i < weights.length; i += 2) {
    const [w, v] = weights.slice(i, i + 2) as [tf.Tensor2D, tf.Tensor2D]
    y = wrap((y: tf.Tensor) => tf.add(y, dropout(tf.matMul(tf.tanh(tf.matMul(y as tf.Tensor2D, w)) as tf.Tensor2D, v), 0.4, key, i)))(y)
  }
  return y
}

describe('checkpoint', () => {
  it('gives the same values and gradients to the last bit, dropout masks included', () => {
    const random = new Random(1)
    const weights = Array.from({ length: 4 }, () => [draw(random, 6, 9), draw(random, 9, 6)]).flat()
    const { wrapped, unwrapped } = differentiate(residuals, weights, draw(random, 5, 6))
    expect(wrapped).toEqual(unwrapped)
    // Two steps have two masks.
    expect(wrapped[0]).not.toEqual(wrapped[10])
    for (const gradient of wrapped) expect(gradient.some((value) => value !== 0)).toBe(true)
  })

  it('differentiates blocks in blocks, several arguments and results, whole numbers, and captured activations', () => {
    const random = new Random(2)
    const loss = (wrap: Wrap, x: tf.Tensor, _: tf.Tensor, [w, v]: readonly tf.Tensor[]): tf.Tensor => {
      const outer = wrap(({ a, b }: { a: tf.Tensor; b: tf.Tensor }) => {
        const inner = wrap((y: tf.Tensor) => tf.sigmoid(tf.matMul(tf.exp(y) as tf.Tensor2D, w as tf.Tensor2D)))
        const c = tf.mul(inner(a), inner(b))
        return { sum: tf.add(c, inner(c)), list: [tf.square(c), tf.argMax(c, 1)] as const, name: 'kept' }
      })
      const first = outer({ a: x, b: tf.sin(x) })
      const activation = tf.matMul(first.sum as tf.Tensor2D, v as tf.Tensor2D)
      const second = wrap(() => tf.mul(tf.cos(activation), tf.cast(tf.expandDims(first.list[1], 1), 'float32')))
      expect(first.name).toBe('kept')
      return tf.add(tf.sum(second()), tf.sum(first.list[0]))
    }
    const { wrapped, unwrapped } = differentiate(loss, [draw(random, 4, 4), draw(random, 4, 4)], draw(random, 4, 4))
    expect(wrapped).toEqual(unwrapped)
  })

  it('leaves what a block gives away other than as a result, and second derivatives, right', () => {
    const random = new Random(4)
    const loss = (wrap: Wrap, x: tf.Tensor, _: tf.Tensor, [w]: readonly tf.Tensor[]): tf.Tensor => {
      const penalties: tf.Tensor[] = []
      const block = wrap((y: tf.Tensor) => {
        const hidden = tf.tanh(tf.matMul(y as tf.Tensor2D, w as tf.Tensor2D))
        penalties.push(tf.mean(tf.square(hidden)))
        return tf.mul(hidden, tf.exp(hidden))
      })
      const slope = tf.grad((x: tf.Tensor) => tf.sum(block(x)))(x)
      penalties.length = 0 // those of the gradient's scope are gone
      return tf.add(tf.add(tf.sum(slope), tf.sum(block(block(x)))), tf.addN(penalties))
    }
    const { wrapped, unwrapped } = differentiate(loss, [draw(random, 3, 3)], draw(random, 3, 3))
    wrapped.forEach((values, i) => values.forEach((value, k) => expect(Math.abs(value - (unwrapped[i]?.[k] as number))).toBeLessThan(1e-6)))
  })

  it('trains as without, to the last bit, while weights are updated in place', () => {
    const train = (wrap: Wrap): number[] => {
      const random = new Random(6)
      const weights = Array.from({ length: 6 }, () => tf.variable(draw(random, 6, 6)))
      const step = jit((x: tf.Tensor, step: tf.Tensor) => {
        const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(residuals(wrap, x, step, weights))) as tf.Scalar, weights)
        for (const w of weights) w.assign(tf.sub(w, tf.mul(grads[w.name] as tf.Tensor, 0.01)))
        return value
      })
      const x = draw(random, 5, 6)
      const losses = [1, 2, 3, 4, 5, 6].flatMap((i) => of(step(x, tf.scalar(i, 'int32'))))
      return [...losses, ...weights.flatMap(of)]
    }
    const [wrapped, unwrapped] = [train(checkpoint), train(plain)]
    expect(wrapped).toEqual(unwrapped)
    expect(wrapped[5]).toBeLessThan(wrapped[0] as number)
  })

  it('is the function itself outside jit and where nothing is differentiated', () => {
    const double = checkpoint((x: tf.Tensor) => tf.mul(x, 2))
    const x = tf.tensor1d([1, 2])
    expect([of(double(x)), of(tf.grad((x) => tf.sum(double(x)))(x)), of(jit(double)(x))]).toEqual([[2, 4], [2, 2], [2, 4]])
  })

  it('takes less memory', () => {
    const [layers, rows, width] = [16, 512, 512]
    const random = new Random(5)
    const weights = Array.from({ length: layers }, () => tf.variable(draw(random, width, width)))
    const x = draw(random, rows, width)
    /** Bytes by which the largest resident size grew while a step was compiled and run. */
    const growth = (wrap: Wrap): number => {
      const before = process.resourceUsage().maxRSS
      const step = jit((x: tf.Tensor) => {
        const loss = () => {
          let y = x
          for (const w of weights) y = wrap((y: tf.Tensor) => block(y, w))(y)
          return tf.mean(y) as tf.Scalar
        }
        const { value, grads } = tf.variableGrads(loss, weights)
        return [value, ...Object.values(grads).map((gradient) => tf.sum(gradient))]
      })
      tf.dispose(step(x))
      step.dispose()
      return (process.resourceUsage().maxRSS - before) * 1024
    }
    /** Keeps eight activations of 1 MiB for its gradient. */
    const block = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => {
      let y = tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D) as tf.Tensor
      for (let i = 0; i < 8; i++) y = tf.add(tf.sin(y), tf.tanh(y))
      return tf.add(tf.mul(y, 0.1), x)
    }
    growth(checkpoint)
    // All activations together take 256 MiB and more; 16 inputs and one block's activations 32 MiB.
    expect(growth(plain)).toBeGreaterThan(100 * 2 ** 20)
  })
})
