import { jit, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkGradients } from '../gradient-check.js'
import { example, useTestDevice } from '../testing.js'
import { differentiableLoop, type LoopStep } from './differentiable-loop.js'

beforeAll(useTestDevice)

const [examples, width, inner] = [2, 3, 4]

/** A recurrence with every kind of input: two states, a sequence, factors of both ranks, shared tensors, a constant. */
function step({ state: [h, c], rows: [x], times, shared: [bias], constants: [mask] }: LoopStep): tf.Tensor[] {
  const hidden = tf.tanh(tf.add(tf.add(times(0, h as tf.Tensor), x as tf.Tensor), bias as tf.Tensor))
  const mixed = times(1, tf.mul(hidden, mask as tf.Tensor))
  const cell = tf.add(tf.mul(0.5, c as tf.Tensor), times(2, mixed))
  return [tf.sin(tf.add(cell, hidden)), cell]
}

function inputs(steps: number) {
  const shapes = {
    h: [examples, width], c: [examples, width], x: [steps * examples, width],
    all: [width, width], each: [examples, inner, width], back: [width, inner], bias: [examples, width],
  }
  return Object.fromEntries(Object.entries(shapes).map(([name, shape], i) => [name, example(shape, i)])) as Record<keyof typeof shapes, tf.Variable>
}

function run(steps: number, { h, c, x, all, each, back, bias }: Record<string, tf.Tensor>): tf.Tensor {
  const mask = tf.tensor2d([1, 0, 1, 1, 1, 0.5], [examples, width])
  return differentiableLoop(
    {
      steps,
      initial: [h as tf.Tensor, c as tf.Tensor],
      sequences: [x as tf.Tensor],
      factors: [all as tf.Tensor, each as tf.Tensor, back as tf.Tensor],
      shared: [bias as tf.Tensor],
      constants: [mask],
    },
    step,
  )
}

/** The same with every step in the graph, differentiated by TF.js alone. */
function plain(steps: number, { h, c, x, all, each, back, bias }: Record<string, tf.Tensor>): tf.Tensor {
  const mask = tf.tensor2d([1, 0, 1, 1, 1, 0.5], [examples, width])
  const factors = [all, each, back] as tf.Tensor[]
  const times = (i: number, x: tf.Tensor) => {
    const factor = factors[i] as tf.Tensor
    return factor.rank === 2 ? tf.matMul(x, factor, false, true) : tf.squeeze(tf.matMul(factor, tf.expandDims(x, 2)), [2])
  }
  let state = [h, c] as tf.Tensor[]
  const outputs = tf.split(x as tf.Tensor, steps, 0).map((row) => {
    state = step({ state, rows: [row], times, shared: [bias as tf.Tensor], constants: [mask] })
    return state[0] as tf.Tensor
  })
  return tf.concat(outputs, 0)
}

describe('differentiableLoop', () => {
  it('has gradients that agree with finite differences', async () => {
    const variables = inputs(4)
    expect(await checkGradients(() => run(4, variables), Object.values(variables))).toBeLessThan(1e-3)
  })

  // Few steps are written out, many are one operator.
  it.each([3, 12])('has the values and gradients of its steps written out, compiled, over %d of them', (steps) => {
    const variables = inputs(steps)
    const names = Object.keys(variables)
    const differentiated = (loop: typeof run) => (...tensors: tf.Tensor[]) => {
      const loss = (...given: tf.Tensor[]) => {
        const output = loop(steps, Object.fromEntries(given.map((tensor, i) => [names[i], tensor])))
        return tf.sum(tf.mul(output, tf.cos(output)))
      }
      const { value, grads } = tf.valueAndGrads(loss)(tensors)
      return [value, ...grads]
    }
    const before = tf.memory().numTensors
    const [got, wanted] = [run, plain].map((loop) => jit(differentiated(loop))(...Object.values(variables))) as [tf.Tensor[], tf.Tensor[]]
    for (const [i, tensor] of wanted.entries()) {
      const values = (got[i] as tf.Tensor).dataSync()
      for (const [j, value] of tensor.dataSync().entries()) expect(Math.abs((values[j] as number) - value), `${i === 0 ? 'loss' : names[i - 1]}`).toBeLessThan(1e-5)
    }
    tf.dispose([got, wanted])
    expect(tf.memory().numTensors).toBe(before)
  })
})
