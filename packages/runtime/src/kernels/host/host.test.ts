import { beforeAll, describe, expect, it } from 'vitest'
import { useDevice } from '../../device.js'
import { jit } from '../../jit/jit.js'
import { tf } from '../../tf.js'
import { hostKernels } from './list.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

describe('host kernels', () => {
  it('compute on data that were pending, and their results can be computed with', () => {
    tf.tidy(() => {
      const x = tf.mul(tf.tensor1d([1, 1, 2, 3, 2], 'int32'), tf.scalar(2, 'int32'))
      const { values, indices } = tf.unique(x)
      expect([...tf.add(values, tf.scalar(1, 'int32')).dataSync()]).toEqual([3, 5, 7])
      expect([...indices.dataSync()]).toEqual([0, 0, 1, 2, 1])
    })
  })

  it('take strings', () => {
    tf.tidy(() => {
      const words = tf.concat([tf.tensor1d(['eins', 'zwei']), tf.tensor1d(['drei'])])
      expect(tf.slice(words, [1]).arraySync()).toEqual(['zwei', 'drei'])
      expect(tf.stridedSlice(words, [0], [3], [2]).arraySync()).toEqual(['eins', 'drei'])
      expect(tf.gatherND(words, [[2], [0]]).arraySync()).toEqual(['drei', 'eins'])
    })
  })

  it('leave nothing behind, neither here nor on the backend that computes them', () => {
    const words = tf.tensor1d(['a b', 'c'])
    const counts = () => [tf.memory().numTensors, tf.backend().numDataIds(), tf.findBackend('cpu').numDataIds()]
    const before = counts()
    tf.tidy(() => {
      tf.string.stringSplit(words, ' ')
    })
    expect(counts()).toEqual(before)
    expect(() => tf.sparse.sparseReshape([[0, 0]], [2, 3], [5, -1])).toThrow('multiple of')
    expect(tf.findBackend('cpu').numDataIds()).toBe(before[2])
    words.dispose()
  })

  it('say that they cannot be part of a compiled function', () => {
    const fn = jit((x: tf.Tensor) => tf.unique(x).values)
    expect(() => fn(tf.tensor1d([1, 2, 1]))).toThrow("'Unique' is computed on the host, not by ONNX Runtime, and cannot be part of a function given to jit")
  })

  it('are listed once each', () => {
    const names = hostKernels.map(({ kernel, strings }) => `${kernel} ${strings}`)
    expect(new Set(names).size).toBe(names.length)
  })
})
