import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkGradients } from '../gradient-check.js'
import { initializers } from '../index.js'
import { example, useTestDevice } from '../testing.js'
import { Linear } from './linear.js'

beforeAll(useTestDevice)

const random = new Random(1)

describe('Linear', () => {
  it('multiplies by the transposed weight and adds the bias', () => {
    const layer = new Linear({ inputs: 2, outputs: 3, random })
    layer.weight.assign(tf.tensor2d([[1, 2], [3, 4], [5, 6]]))
    layer.bias?.assign(tf.tensor1d([10, 20, 30]))
    const y = layer.forward(tf.tensor3d([[[1, 0], [0, 1]]]))
    expect(y.shape).toEqual([1, 2, 3])
    expect([...y.dataSync()]).toEqual([11, 23, 35, 12, 24, 36])
  })

  it('has gradients that agree with differences', async () => {
    const layer = new Linear({ inputs: 3, outputs: 2, random })
    const x = example([2, 2, 3])
    const variables = [x, layer.weight, layer.bias as tf.Variable]
    expect(await checkGradients(() => layer.forward(x), variables)).toBeLessThan(1e-3)
  })

  it('starts from the same values for the same random stream, and others for another', () => {
    const values = (name: string): Float32Array =>
      new Linear({ inputs: 2, outputs: 3, random: random.fork(name), initializer: initializers.normal(1) })
        .weight.dataSync() as Float32Array
    expect(values('a')).toEqual(values('a'))
    expect(values('a')).not.toEqual(values('b'))
  })

  it('rejects inputs of another width and sizes that are none', () => {
    const layer = new Linear({ inputs: 2, outputs: 3, random, bias: false })
    expect(layer.bias).toBeUndefined()
    expect(() => layer.forward(tf.zeros([1, 3]))).toThrow('Linear was built for inputs of width 2, got 3')
    expect(() => new Linear({ inputs: 0, outputs: 3, random })).toThrow('inputs of Linear must be a whole number of 1')
  })
})
