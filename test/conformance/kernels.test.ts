import { Random, tf, useDevice } from '@parlance/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compare } from './compare.js'
import { elementwiseCases } from './elementwise.js'
import { productTable } from './products.js'
import { reductionTable } from './reductions.js'
import { shapeTable } from './shapes.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

/** Kernels with tests of their own beside them. */
const testedElsewhere = ['DropoutMask']

const used = new Set<string>(testedElsewhere)

/** The kernels that compute; the others only say that there is none. */
function kernels(): string[] {
  return tf.getKernelsForBackend('onnx').flatMap(({ kernelName, kernelFunc }) => {
    try {
      kernelFunc({} as never)
    } catch (error) {
      return String(error).includes('has no kernel') ? [] : [kernelName]
    }
    return [kernelName]
  })
}

describe.each([
  ['elementwise', elementwiseCases],
  ['reductions', reductionTable],
  ['products', productTable],
  ['shapes', shapeTable],
])('%s', (_, cases) => {
  it.each(cases.map((test) => [test.name, test] as const))('%s', async (_, test) => {
    const { kernels, differences } = await compare(test)
    for (const name of kernels) used.add(name)
    expect(differences).toEqual([])
  })
})

describe('the cases', () => {
  it('use every kernel', () => {
    expect(kernels().filter((name) => !used.has(name))).toEqual([])
  })

  afterAll(() => tf.setBackend('onnx'))
})

describe('the gradient of average pooling', () => {
  it('is that of an average over the elements inside, as numerical differences say', () => {
    const [shape, epsilon] = [[1, 4, 5, 1] as [number, number, number, number], 1e-2]
    const data = new Random(3).normal(20)
    const loss = (x: tf.Tensor4D): tf.Scalar => tf.sum(tf.square(tf.avgPool(x, 3, 2, 'same')))
    const gradient = tf.tidy(() => tf.grad((x) => loss(x as tf.Tensor4D))(tf.tensor4d(data, shape)).dataSync())
    for (let i = 0; i < 20; i++) {
      const at = (delta: number): number =>
        tf.tidy(() => loss(tf.tensor4d(data.map((x, k) => (k === i ? x + delta : x)), shape)).dataSync()[0] as number)
      const slope = (at(epsilon) - at(-epsilon)) / (2 * epsilon)
      expect(Math.abs((gradient[i] as number) - slope)).toBeLessThan(1e-3)
    }
  })
})
