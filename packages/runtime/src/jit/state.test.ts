import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { useDevice } from '../device.js'
import { tf } from '../tf.js'
import { jit } from './jit.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

afterEach(() => tf.disposeVariables())

const of = (x: tf.Tensor): number[] => Array.from(x.dataSync())
const vector = (...values: number[]): tf.Tensor1D => tf.tensor1d(values)
const variable = (...values: number[]): tf.Variable<tf.Rank.R1> => tf.variable(vector(...values))

describe('variables that a traced function assigns', () => {
  it('are updated by every call, and only by calls', () => {
    const w = variable(1, 2)
    const step = jit((x: tf.Tensor) => {
      w.assign(tf.add(w, x) as tf.Tensor1D)
      return tf.mul(w, 10)
    })
    expect(of(step(vector(1, 1)))).toEqual([20, 30])
    expect(of(w)).toEqual([2, 3])
    expect(of(step(vector(1, 1)))).toEqual([30, 40])
    w.assign(vector(100, 200))
    expect(of(step(vector(1, 1)))).toEqual([1010, 2010])
    expect(of(w)).toEqual([101, 201])
  })

  it('can be swapped', () => {
    const [a, b] = [variable(1), variable(2)]
    const swap = jit(() => {
      const old = tf.clone(a)
      a.assign(b as tf.Tensor as tf.Tensor1D)
      b.assign(old)
    })
    for (let i = 0; i < 3; i++) {
      swap()
      expect([of(a), of(b)]).toEqual(i % 2 === 0 ? [[2], [1]] : [[1], [2]])
    }
  })

  it('can be given one value, an argument, a captured tensor, and their own value', () => {
    const [a, b, c, d, e] = [variable(1), variable(2), variable(3), variable(4), variable(5)]
    const captured = vector(40)
    const step = jit((x: tf.Tensor1D) => {
      const sum = tf.add(a, b) as tf.Tensor1D
      a.assign(sum)
      b.assign(sum)
      c.assign(x)
      d.assign(captured)
      e.assign(tf.clone(e) as tf.Tensor1D)
    })
    const all = () => [a, b, c, d, e].map((v) => of(v)[0])
    const x = vector(7)
    step(x)
    expect(all()).toEqual([3, 3, 7, 40, 5])
    x.dispose()
    step(vector(8))
    expect(all()).toEqual([6, 6, 8, 40, 5])
    d.assign(vector(0))
    step(vector(9))
    expect(all()).toEqual([12, 12, 9, 40, 5])
    expect(of(captured)).toEqual([40])
  })

  it('can be assigned one to the other without becoming one', () => {
    const [w, ema] = [variable(1), variable(0)]
    ema.assign(w as tf.Tensor as tf.Tensor1D)
    const train = jit(() => w.assign(tf.add(w, 1) as tf.Tensor1D) as unknown as undefined)
    const average = jit(() => ema.assign(tf.add(tf.mul(ema, 0.5), tf.mul(w, 0.5)) as tf.Tensor1D) as unknown as undefined)
    train()
    expect([of(w), of(ema)]).toEqual([[2], [1]])
    average()
    expect([of(w), of(ema)]).toEqual([[2], [1.5]])
    ema.assign(w as tf.Tensor as tf.Tensor1D)
    average()
    train()
    average()
    expect([of(w), of(ema)]).toEqual([[3], [2.5]])
  })

  it('can be copied one to the other inside, call after call', () => {
    const [w, copy] = [variable(1), variable(0)]
    const step = jit(() => {
      copy.assign(w as tf.Tensor as tf.Tensor1D)
      w.assign(tf.mul(w, 2) as tf.Tensor1D)
    })
    for (let i = 0; i < 4; i++) {
      step()
      expect([of(w), of(copy)]).toEqual([[2 ** (i + 1)], [2 ** i]])
    }
  })

  it('leave what was copied from them before alone: clones, pending results, reads', async () => {
    const w = variable(0)
    const step = jit(() => w.assign(tf.add(w, 1) as tf.Tensor1D) as unknown as undefined)
    const held: { clone: tf.Tensor; pending: tf.Tensor; reshaped: tf.Tensor; read: ArrayLike<number>; promise: Promise<ArrayLike<number>> }[] = []
    for (let i = 0; i < 8; i++) {
      held.push({
        clone: tf.clone(w),
        pending: tf.add(w, 0.5),
        reshaped: tf.reshape(w, [1, 1]),
        read: w.dataSync(),
        promise: w.data(),
      })
      step()
      if (i % 3 === 0) step()
    }
    const wanted = [0, 2, 3, 4, 6, 7, 8, 10]
    for (const [i, { clone, pending, reshaped, read, promise }] of held.entries()) {
      const now = [of(clone)[0], of(reshaped)[0], read[0], (await promise)[0], of(pending)[0]]
      expect(now).toEqual([wanted[i], wanted[i], wanted[i], wanted[i], (wanted[i] as number) + 0.5])
      tf.dispose([clone, pending, reshaped])
    }
    expect(of(w)).toEqual([11])
  })

  it('leave results of earlier calls alone, also those that show the state itself', () => {
    const w = variable(0)
    const step = jit(() => {
      w.assign(tf.add(w, 1) as tf.Tensor1D)
      return w as tf.Tensor
    })
    const results = Array.from({ length: 6 }, () => step())
    expect(results.map((x) => of(x)[0])).toEqual([1, 2, 3, 4, 5, 6])
    tf.dispose(results)
  })

  it('are shared by several signatures and functions', () => {
    const w = variable(0)
    const add = jit((x: tf.Tensor) => w.assign(tf.add(w, tf.sum(x)) as tf.Tensor1D) as unknown as undefined)
    const double = jit(() => w.assign(tf.mul(w, 2) as tf.Tensor1D) as unknown as undefined)
    for (const [i, x] of [vector(1), vector(1, 2), vector(1), vector(3, 4)].entries()) {
      add(x)
      double()
      expect(of(w)).toEqual([[2], [10], [22], [58]][i])
    }
    expect(add.traces).toBe(2)
  })

  it('are trained as without tracing: a hundred steps of momentum', () => {
    const data = [[0, 1], [1, 3], [2, 5], [3, 7]]
    const train = (compile: boolean): number[] => {
      const [w, b, v] = [variable(0), variable(0), variable(0)]
      const [x, y] = [0, 1].map((k) => vector(...data.map((pair) => pair[k] as number))) as [tf.Tensor1D, tf.Tensor1D]
      const body = (x: tf.Tensor, y: tf.Tensor): tf.Tensor => {
        const loss = () => tf.mean(tf.square(tf.sub(tf.add(tf.mul(x, w), b), y))) as tf.Scalar
        const { value, grads } = tf.variableGrads(loss, [w, b])
        v.assign(tf.add(tf.mul(v, 0.8), grads[w.name] as tf.Tensor) as tf.Tensor1D)
        w.assign(tf.sub(w, tf.mul(v, 0.02)) as tf.Tensor1D)
        b.assign(tf.sub(b, tf.mul(grads[b.name] as tf.Tensor, 0.05)) as tf.Tensor1D)
        return value
      }
      const step = compile ? jit(body) : (x: tf.Tensor, y: tf.Tensor) => tf.tidy(() => body(x, y))
      const losses = Array.from({ length: 100 }, () => of(step(x, y))[0] as number)
      return [...losses, ...of(w), ...of(b)]
    }
    const [compiled, eager] = [train(true), train(false)]
    compiled.forEach((value, i) => expect(Math.abs(value - (eager[i] as number))).toBeLessThan(1e-5))
    expect(compiled.at(-2)).toBeCloseTo(2, 1)
    expect(compiled.at(-1)).toBeCloseTo(1, 1)
  })
})

describe('two thousand steps', () => {
  it('keep tensors, data and memory flat', () => {
    const w = tf.variable(tf.zeros([512, 512]))
    const backend = tf.backend()
    const step = jit((x: tf.Tensor) => {
      w.assign(tf.add(tf.mul(w, 0.9), x) as tf.Tensor2D)
      return tf.mean(w)
    })
    const run = (steps: number): void => {
      for (let i = 0; i < steps; i++) {
        const x = tf.fill([512, 512], 0.1)
        tf.dispose([step(x), x])
      }
    }
    run(200)
    const [tensors, ids, resident] = [tf.memory().numTensors, backend.numDataIds(), process.memoryUsage.rss()]
    run(2000)
    expect([tf.memory().numTensors, backend.numDataIds()]).toEqual([tensors, ids])
    // Each step makes 1 MiB of tensors: a leak of one per step would be 2,000 MiB. Garbage waits for its collector.
    expect(process.memoryUsage.rss() - resident).toBeLessThan(300 * 2 ** 20)
    expect(of(w)[0]).toBeCloseTo(1, 4)
  })
})
