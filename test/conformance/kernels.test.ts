import { hostKernels, Random, tf, useDevice } from '@parlance/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compare } from './compare.js'
import { countingTable } from './counting.js'
import { elementwiseCases } from './elementwise.js'
import { imageTable } from './images.js'
import { productTable } from './products.js'
import { reductionTable } from './reductions.js'
import { shapeTable } from './shapes.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

/** Kernels with tests of their own beside them; those of the host are TF.js's, and its specs call them. */
const testedElsewhere = [
  'DropoutMask',
  'LSTM',
  'Multinomial',
  ...hostKernels.filter(({ strings }) => !strings).map(({ kernel }) => kernel),
]

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
  ['images', imageTable],
  ['counting', countingTable],
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

/** Gradients that TF.js's own backend gets wrong: of padded averages, and of images by half pixels or not square. */
describe.each<[string, number[], (x: tf.Tensor) => tf.Tensor]>([
  ['average pooling', [1, 4, 5, 1], (x) => tf.avgPool(x as tf.Tensor4D, 3, 2, 'same')],
  ['average pooling of volumes', [1, 3, 4, 2, 1], (x) => tf.avgPool3d(x as tf.Tensor5D, 2, 1, 'same')],
  ['bilinear resizing', [2, 3, 4, 1], (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [5, 7])],
  ['bilinear resizing by half pixels', [2, 3, 4, 1], (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [2, 7], false, true)],
  ['nearest resizing by half pixels', [2, 3, 4, 1], (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [5, 3], false, true)],
])('the gradient of %s', (_, shape, compute) => {
  it('is what numerical differences say', () => {
    const epsilon = 1e-2
    const data = new Random(3).normal(tf.util.sizeFromShape(shape))
    const loss = (x: tf.Tensor): tf.Scalar => tf.sum(tf.square(compute(x)))
    const gradient = tf.tidy(() => tf.grad(loss)(tf.tensor(data, shape)).dataSync())
    data.forEach((_, i) => {
      const at = (delta: number): number =>
        tf.tidy(() => loss(tf.tensor(data.map((x, k) => (k === i ? x + delta : x)), shape)).dataSync()[0] as number)
      const slope = (at(epsilon) - at(-epsilon)) / (2 * epsilon)
      expect(Math.abs((gradient[i] as number) - slope)).toBeLessThan(2e-3)
    })
  })
})
