import { beforeAll, describe, expect, it } from 'vitest'
import { useDevice } from '../device.js'
import { jit } from '../jit/jit.js'
import { tf } from '../tf.js'
import { hasScan, scan } from './scan.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

const numbers = (tensor: tf.Tensor | undefined): number[] => [...(tensor as tf.Tensor).dataSync()]

/** h ← tanh(h·U + x), of which every state is collected: as a scan, and written out. */
const recurrent = (u: tf.Tensor2D, h: tf.Tensor2D, x: tf.Tensor3D) =>
  scan(
    ([h], [x]) => {
      const next = tf.tanh(tf.add(tf.matMul(h as tf.Tensor2D, u), x as tf.Tensor))
      return { state: [next], outputs: [next] }
    },
    [h],
    [x],
  )
const writtenOut = (u: tf.Tensor2D, h: tf.Tensor2D, x: tf.Tensor3D): tf.Tensor[] => {
  const states: tf.Tensor[] = []
  for (const element of tf.unstack(x)) states.push(tf.tanh(tf.add(tf.matMul((states.at(-1) ?? h) as tf.Tensor2D, u), element)))
  return states
}

describe('scan', () => {
  it('collects what the steps written out one after the other give', () => {
    const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed)
    const args = [random([3, 3], 1), random([2, 3], 2), random([6, 2, 3], 3)] as [tf.Tensor2D, tf.Tensor2D, tf.Tensor3D]
    const { state, outputs } = jit(recurrent)(...args)
    const wanted = writtenOut(...args)
    const all = numbers(tf.stack(wanted))
    numbers(outputs[0]).forEach((value, i) => expect(Math.abs(value - (all[i] as number))).toBeLessThan(1e-6))
    expect(outputs[0]?.shape).toEqual([6, 2, 3])
    expect(numbers(state[0])).toEqual(numbers(outputs[0]).slice(-6))
  })

  it('goes backwards, with several states and sequences, what it captures and constants of its own', () => {
    const scale = tf.variable(tf.scalar(10))
    const run = jit((x: tf.Tensor1D, y: tf.Tensor1D, offset: tf.Tensor) => {
      const outside = tf.mul(offset, 2)
      return scan(
        ([sum, count], [x, y]) => ({
          state: [
            tf.add(sum as tf.Tensor, tf.mul(tf.mul(x as tf.Tensor, y as tf.Tensor), scale)),
            tf.add(count as tf.Tensor, tf.scalar(1, 'int32')),
          ],
          // A state as it came, something from outside, and a sequence's element.
          outputs: [sum as tf.Tensor, count as tf.Tensor, outside, y as tf.Tensor],
        }),
        [tf.scalar(0), tf.scalar(100, 'int32')],
        [x, y],
        { reverse: true },
      )
    })
    const { state, outputs } = run(tf.tensor1d([1, 2, 3]), tf.tensor1d([1, 10, 100]), tf.scalar(4))
    // From the last step: 3·100·10, then 2·10·10, then 1·1·10.
    expect(state.map(numbers)).toEqual([[3210], [103]])
    expect(outputs.map(numbers)).toEqual([[3200, 3000, 0], [102, 101, 100], [8, 8, 8], [1, 10, 100]])
    scale.assign(tf.scalar(1))
    expect(numbers(run(tf.tensor1d([1, 2, 3]), tf.tensor1d([1, 10, 100]), tf.scalar(4)).state[0])).toEqual([321])
    scale.dispose()
  })

  it('is one operator, however many steps there are, and repeats the graph of one', () => {
    const operators = (steps: number) => {
      const explained = jit.explain(recurrent, tf.zeros([3, 3]) as tf.Tensor2D, tf.zeros([2, 3]) as tf.Tensor2D, tf.zeros([steps, 2, 3]))
      const counts = Object.fromEntries(explained.operators.map(({ operator, nodes }) => [operator, nodes]))
      return { recorded: explained.recorded, ...counts }
    }
    expect(operators(5)).toMatchObject({ recorded: 1, Scan: 1, Tanh: 5 })
    expect(operators(50)).toMatchObject({ recorded: 1, Scan: 1, Tanh: 50 })
  })

  it('leaves no tensors behind', () => {
    const run = jit(recurrent)
    const args = [tf.ones([3, 3]), tf.ones([2, 3]), tf.ones([4, 2, 3])] as [tf.Tensor2D, tf.Tensor2D, tf.Tensor3D]
    const before = tf.memory().numTensors
    const { state, outputs } = run(...args)
    expect(tf.memory().numTensors).toBe(before + state.length + outputs.length)
  })

  it('says where it is not to be had, and what does not fit', async () => {
    const sum = (x: tf.Tensor) => scan(([a], [b]) => ({ state: [tf.add(a as tf.Tensor, b as tf.Tensor)], outputs: [] }), [tf.scalar(0)], [x])
    expect(hasScan()).toBe(false)
    expect(() => sum(tf.ones([2]))).toThrow("scan works only inside a function given to jit, on the device 'cpu' and outside of a gradient")
    expect(() => jit((x: tf.Tensor) => tf.grad((x) => sum(x).state[0] as tf.Tensor)(x))(tf.ones([2]))).toThrow('outside of a gradient')
    expect(() => jit(sum)(tf.ones([2, 3]))).toThrow('A step of scan must keep its state: number 0 was float32 [] and became float32 [3].')
    const two = jit((x: tf.Tensor, y: tf.Tensor) => scan((state) => ({ state, outputs: [] }), [tf.scalar(0)], [x, y]))
    expect(() => two(tf.ones([2]), tf.ones([3]))).toThrow('scan needs sequences of one length, got lengths 2, 3.')
    await tf.setBackend('cpu')
    expect(hasScan()).toBe(false)
    await tf.setBackend('onnx')
  })
})
