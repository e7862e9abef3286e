/** What stays in the device's memory between calls, and what reading, disposing and failing do to it. */
import { jit, OutOfMemoryError, tf, useDevice } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'

const device = process.env.PARLANCE_TEST_DEVICE

beforeAll(async () => {
  expect((await useDevice('cpu')).device).toBe(device)
})

const of = (x: tf.Tensor): number[] => [...x.dataSync()]

describe('a tensor in the device\'s memory', () => {
  it('is read as often as one likes, before and after others use it', () => {
    const x = tf.add(tf.tensor1d([1, 2, 3]), 1)
    const y = tf.mul(x, 2)
    expect([of(x), of(y), of(x), of(tf.add(x, y))]).toEqual([[2, 3, 4], [4, 6, 8], [2, 3, 4], [6, 9, 12]])
  })

  it.each(['float32', 'int32', 'bool'] as const)('of type %s comes back as it was', (dtype) => {
    const values = dtype === 'bool' ? [1, 0, 1, 1, 0] : [1, -2, 3, 2 ** 24, 0]
    const x = tf.tensor1d(values, dtype)
    const echo = jit((x: tf.Tensor) => tf.reshape(x, [5, 1]))
    expect(of(echo(x))).toEqual(values)
    expect(of(tf.concat([echo(x), echo(x)] as tf.Tensor2D[], 0))).toEqual([...values, ...values])
  })

  it('without elements is read too', () => {
    const x = tf.slice(tf.add(tf.ones([2, 3]), 1), [0, 0], [0, 3])
    expect([x.shape, of(x), of(tf.concat([x, tf.ones([1, 3])] as tf.Tensor2D[], 0))]).toEqual([[0, 3], [], [1, 1, 1]])
  })

  it('that was disposed is an error, not the end of the process', () => {
    const x = tf.add(tf.ones([4]), 1)
    of(x)
    x.dispose()
    expect(() => x.dataSync()).toThrow('disposed')
    expect(() => tf.add(x, 1)).toThrow('disposed')
  })
})

describe('state', () => {
  it('survives hundreds of steps, reads in between and a second function on the same variable', () => {
    const w = tf.variable(tf.zeros([64, 64]))
    const add = jit((x: tf.Tensor) => {
      w.assign(tf.add(w, x) as tf.Tensor2D)
      return tf.mean(w)
    })
    const halve = jit(() => w.assign(tf.mul(w, 0.5) as tf.Tensor2D) as unknown as undefined)
    const x = tf.ones([64, 64])
    for (let i = 1; i <= 200; i++) {
      const mean = add(x)
      if (i % 50 === 0) expect(of(mean)[0]).toBe(i)
      mean.dispose()
    }
    halve()
    expect(of(w)[5]).toBe(100)
    w.dispose()
  })

  it('is as it was after a call that ran out of memory', () => {
    const w = tf.variable(tf.fill([3, 1], 2))
    // 160 GB: more than any device takes in one piece.
    const step = jit((x: tf.Tensor) => {
      w.assign(tf.add(w, 1) as tf.Tensor2D)
      return tf.sum(tf.exp(tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, false, true)))
    })
    const x = tf.ones([200_000, 1])
    expect(() => of(step(x))).toThrow(OutOfMemoryError)
    expect(of(w)).toEqual([2, 2, 2])
    expect(of(tf.add(w, 1))).toEqual([3, 3, 3])
  })
})
