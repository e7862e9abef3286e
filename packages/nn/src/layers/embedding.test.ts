import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkGradients } from '../gradient-check.js'
import { example, useTestDevice } from '../testing.js'
import { Embedding } from './embedding.js'

beforeAll(useTestDevice)

const random = new Random(1)

describe('Embedding', () => {
  it('looks rows up and scores states against every row', () => {
    const table = new Embedding({ entries: 3, width: 2, random })
    table.weight.assign(tf.tensor2d([[1, 2], [3, 4], [5, 6]]))
    const rows = table.forward(tf.tensor2d([[2, 0]], [1, 2], 'int32'))
    expect(rows.shape).toEqual([1, 2, 2])
    expect([...rows.dataSync()]).toEqual([5, 6, 1, 2])
    const logits = table.logits(tf.tensor3d([[[1, 0], [0, 1]]]))
    expect(logits.shape).toEqual([1, 2, 3])
    expect([...logits.dataSync()]).toEqual([1, 3, 5, 2, 4, 6])
  })

  it('has gradients that agree with differences, also for a row looked up twice', async () => {
    const table = new Embedding({ entries: 4, width: 3, random })
    const ids = tf.tensor2d([[1, 1], [3, 0]], [2, 2], 'int32')
    expect(await checkGradients(() => table.forward(ids), [table.weight])).toBeLessThan(1e-3)
    const x = example([2, 2, 3])
    expect(await checkGradients(() => table.logits(x), [table.weight, x])).toBeLessThan(1e-3)
  })

  it('rejects ids that are not int32 and states of another width', () => {
    const table = new Embedding({ entries: 4, width: 3, random })
    expect(() => table.forward(tf.tensor1d([1]))).toThrow('int32 ids, got a tensor of float32')
    expect(() => table.logits(tf.zeros([1, 2]))).toThrow('Embedding was built for inputs of width 3, got 2')
  })
})
