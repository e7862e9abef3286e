import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { useDevice } from '../device.js'
import type { Node, Value } from '../graph/graph.js'
import { Session } from '../onnx/session.js'
import { tf } from '../tf.js'
import type { OnnxBackend } from './backend.js'

let backend: OnnxBackend

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
  backend = tf.backend() as OnnxBackend
})

beforeEach(() => tf.engine().startScope())
afterEach(() => tf.engine().endScope())

const of = (x: tf.Tensor): number[] => Array.from(x.dataSync())

describe('reading and writing', () => {
  it('copies typed arrays at creation, and gives copies', () => {
    const source = Float32Array.of(1, 2, 3)
    const x = tf.tensor1d(source)
    const y = tf.neg(x)
    source[0] = 99
    expect(of(x)).toEqual([1, 2, 3])
    expect(of(y)).toEqual([-1, -2, -3])
    x.dataSync()[1] = 77
    y.dataSync()[1] = 77
    expect([of(x), of(y), of(tf.add(x, y))]).toEqual([[1, 2, 3], [-1, -2, -3], [0, 0, 0]])
  })

  it('brings whole numbers, booleans and special numbers back as they were', async () => {
    const wholes = [0, -1, 2 ** 31 - 1, -(2 ** 31), 16777217]
    expect(of(tf.tensor1d(wholes, 'int32'))).toEqual(wholes)
    expect(of(tf.reshape(tf.tensor1d(wholes, 'int32'), [5, 1]))).toEqual(wholes)
    expect(of(tf.tensor1d([true, false, true], 'bool'))).toEqual([1, 0, 1])
    const special = [NaN, Infinity, -Infinity, -0, 1e-45, 3.4028234663852886e38].map(Math.fround)
    const x = tf.tensor1d(special)
    expect(of(x)).toEqual(special)
    expect([...(await tf.reshape(x, [2, 3]).data())]).toEqual(special)
    expect(await tf.tensor2d([[1, 2], [3, 4]], [2, 2], 'int32').array()).toEqual([[1, 2], [3, 4]])
  })

  it('keeps strings through creation, clones and reshapes', () => {
    const x = tf.tensor1d(['a', 'größer', ''])
    expect(x.dataSync()).toEqual(['a', 'größer', ''])
    const y = tf.reshape(tf.clone(x), [3, 1])
    x.dispose()
    expect(y.arraySync()).toEqual([['a'], ['größer'], ['']])
    expect(tf.fill([2], 'b', 'string').dataSync()).toEqual(['b', 'b'])
  })

  it('takes tensors over from another backend, and gives them back', async () => {
    await tf.setBackend('cpu')
    const [made, disposed] = [tf.tensor1d([1, 2]), tf.tensor1d([1])]
    await tf.setBackend('onnx')
    const sum = tf.add(made, 1)
    expect([of(sum), of(made)]).toEqual([[2, 3], [1, 2]])
    disposed.dispose()
    await tf.setBackend('cpu')
    expect(of(tf.mul(sum, made))).toEqual([2, 6])
    await tf.setBackend('onnx')
  })

  it('says which kernel is missing and what to do', () => {
    expect(() => tf.browser.draw(tf.zeros([2, 2]) as tf.Tensor2D, {} as never)).toThrow(
      "The backend 'onnx' has no kernel 'Draw': compute this part on TF.js's own backend (tf.setBackend('cpu'))",
    )
  })

  it('says which tensors an operation is not for', () => {
    expect(() => tf.mean(tf.complex([1, 2], [3, 4]))).toThrow("'Mean' is no operation on tensors of complex64")
  })

  it('takes complex numbers over from another backend', async () => {
    await tf.setBackend('cpu')
    const z = tf.complex([1, 2], [3, 4])
    await tf.setBackend('onnx')
    expect([...tf.imag(z).dataSync()]).toEqual([3, 4])
  })

  it('raises shape errors when the operation is called', () => {
    const [a, b] = [tf.zeros([2, 3]), tf.zeros([4, 5])]
    expect(() => tf.add(a, b)).toThrow('could not be broadcast')
    expect(() => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D)).toThrow('inner dimensions must be equal')
    expect(() => tf.matMul(tf.zeros([1, 2, 3]), tf.zeros([1, 4, 5]))).toThrow('(shapes [1,2,3] and [1,4,5]')
    expect(() => tf.concat([a, b] as tf.Tensor2D[], 0)).toThrow()
    expect(() => tf.stack([a, b])).toThrow('matching shapes')
    expect(() => tf.reshape(a, [4])).toThrow()
    expect(() => tf.slice(a, [0, 2], [2, 2])).toThrow()
    expect(() => tf.gather(a, tf.tensor2d([[0, 0], [0, 0], [0, 0]], [3, 2], 'int32'), 1, 1)).toThrow('should be equal')
    expect(() => tf.einsum('ij,jk->ik', a, b)).toThrow()
  })
})

describe('pending graphs', () => {
  it('keep what they need of tensors that were disposed', () => {
    const x = tf.tensor1d([1, 2])
    const y = tf.mul(x, 3)
    const z = tf.add(y, x)
    tf.dispose([x, y])
    expect(of(z)).toEqual([4, 8])
  })

  it('compute what is shared once for each, however they are read', () => {
    const x = tf.exp(tf.tensor1d([0, 1]))
    const [a, b] = [tf.add(x, 1), tf.mul(x, 2)]
    expect(of(b)[0]).toBe(2)
    const c = tf.add(a, b)
    b.dispose()
    expect(of(c)[0]).toBe(4)
    expect([of(a)[0], of(x)[0]]).toEqual([2, 1])
  })

  it('keep what another operation that is still pending needs, although its tensor was disposed', () => {
    const x = tf.exp(tf.tensor1d([0, 1]))
    const [loss, gradient] = [tf.sum(x), tf.mul(x, 2)]
    x.dispose()
    loss.dataSync()
    const node = (tf.backend() as OnnxBackend).valueFor(gradient).node as Node
    expect((node.inputs[0] as Value).pending).toBe(false)
    expect(of(gradient)[0]).toBe(2)
  })

  it('are computed when they have grown long, and come out right', () => {
    for (const repetition of [1, 2]) {
      let x: tf.Tensor = tf.scalar(0)
      for (let i = 0; i < 5000; i++) {
        const next = tf.add(x, repetition)
        x.dispose()
        x = next
      }
      expect(of(x)).toEqual([5000 * repetition])
    }
  })

  it('may be computed between the results of one operation', () => {
    // Whatever number of nodes is pending, a split of three is in order.
    for (let before = 500; before < 515; before++) {
      tf.tidy(() => {
        tf.scalar(0).dataSync()
        backend.flush()
        let x: tf.Tensor = tf.zeros([6])
        for (let i = 0; i < before; i++) x = tf.add(x, 1)
        const parts = tf.split(x, 3)
        const sums = parts.map((part, i) => tf.sum(tf.add(part, i)))
        expect(sums.map((sum) => of(sum)[0])).toEqual([0, 1, 2].map((i) => 2 * (before + i)))
        expect(of(parts[2] as tf.Tensor)).toEqual([before, before])
      })
    }
  })

  it('hold no memory of what was computed on the way', () => {
    const peaks = [300, 301, 302, 303].map((length) => {
      let x: tf.Tensor = tf.zeros([2 ** 18])
      for (let i = 0; i < length; i++) {
        const next = tf.add(x, 1) // 1 MiB each
        x.dispose()
        x = next
      }
      const first = tf.slice(x, 0, 1)
      tf.dispose(x)
      expect(of(first)).toEqual([length])
      first.dispose()
      return process.memoryUsage.rss()
    })
    // All that is on the way would be 300 MiB for each length; garbage waits for its collector.
    expect((peaks[3] as number) - (peaks[0] as number)).toBeLessThan(300 * 2 ** 20)
  })

  it('leave no tensor and no data behind', () => {
    const step = (): void => {
      tf.tidy(() => {
        const x = tf.tensor2d([[1, 2], [3, 4]])
        const [loss, gradient] = [tf.sum(tf.square(x)), tf.grad((x) => tf.sum(tf.tanh(tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D))))(x)]
        of(loss)
        of(gradient)
        tf.softmax(x) // never read
      })
    }
    step()
    const [tensors, ids] = [tf.memory().numTensors, backend.numDataIds()]
    for (let i = 0; i < 50; i++) step()
    expect([tf.memory().numTensors, backend.numDataIds()]).toEqual([tensors, ids])
  })
})

describe('tidy, keep and dispose', () => {
  it('work as TF.js says', () => {
    let kept: tf.Tensor | undefined
    const { numTensors } = tf.memory()
    const result = tf.tidy(() => {
      const x = tf.tensor1d([1, 2, 3])
      kept = tf.keep(tf.neg(x))
      return tf.sum(tf.mul(x, x))
    })
    expect(tf.memory().numTensors).toBe(numTensors + 2)
    expect([of(result), of(kept as tf.Tensor)]).toEqual([[14], [-1, -2, -3]])
    kept?.dispose()
    result.dispose()
    expect(() => result.dataSync()).toThrow('disposed')
    expect(tf.memory().numTensors).toBe(numTensors)
  })

  it('share the data of clones until the last is disposed', () => {
    const x = tf.tensor1d([1, 2])
    const ids = backend.numDataIds()
    const [y, z] = [tf.clone(x), tf.clone(x)]
    expect(backend.numDataIds()).toBe(ids)
    tf.dispose([x, y])
    expect(of(z)).toEqual([1, 2])
    z.dispose()
    expect(backend.numDataIds()).toBe(ids - 1)
  })
})

describe('compiled sessions', () => {
  it('of one operation serve every shape', () => {
    of(tf.atan(tf.zeros([3, 4])))
    const { sessions } = backend.evaluator.memory
    for (let n = 1; n <= 30; n++) of(tf.atan(tf.zeros([n, 2 * n])))
    expect(backend.evaluator.memory.sessions).toBe(sessions)
  })

  it('serve the rounds of a loop that is never read, whatever its length', () => {
    // Not a divisor of the number of nodes at which a graph is full, and longer than it.
    for (const length of [97, 700]) {
      let x: tf.Tensor = tf.scalar(1)
      const round = () => {
        for (let i = 0; i < length; i++) {
          const next = i === 0 ? tf.atan(x) : tf.add(x, i % 31)
          x.dispose()
          x = next
        }
      }
      for (let n = 0; n < 20; n++) round()
      const runs = vi.spyOn(Session.prototype, 'runInto')
      for (let n = 0; n < 20; n++) round()
      // By operator they would be one for every node.
      expect(runs.mock.calls.length).toBeGreaterThan(0)
      expect(runs.mock.calls.length).toBeLessThanOrEqual(20 * Math.ceil(length / 64))
      runs.mockRestore()
      x.dispose()
    }
  })
})

describe('outputs', () => {
  it('are written in place: the native library makes no copy of them', () => {
    const large = 2 ** 20
    const x = tf.ones([large])
    const y = tf.mul(x, 2)
    y.dataSync()
    const before = process.memoryUsage().arrayBuffers
    const results = Array.from({ length: 8 }, () => tf.mul(x, 3))
    for (const result of results) (tf.backend() as OnnxBackend).compute([(tf.backend() as OnnxBackend).valueFor(result)])
    const grown = process.memoryUsage().arrayBuffers - before
    expect(results.every((result) => result.dataSync()[large - 1] === 3)).toBe(true)
    // What is computed, and not a second time what is thrown away.
    expect(grown).toBeLessThan(8 * large * 4 * 1.5)
    tf.dispose([x, y, results])
  })

  it('are as before after an operation that fails', () => {
    const x = tf.tensor1d([1, 2, 3])
    const failing = tf.gather(x, tf.add(tf.tensor1d([5], 'int32'), tf.tensor1d([5], 'int32')))
    expect(() => failing.dataSync()).toThrow('out of')
    expect(of(tf.mul(x, 2))).toEqual([2, 4, 6])
    tf.dispose([x, failing])
  })
})
