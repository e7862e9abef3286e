import { jit, Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/layers.json' with { type: 'json' }
import { inference, TrainingContext } from '../forward.js'
import { checkGradients } from '../gradient-check.js'
import { namedParameters } from '../module.js'
import { SGD } from '../optimizers/sgd.js'
import { difference, example, known, knownDifference, useTestDevice } from '../testing.js'
import { trainingStep } from '../training/training-step.js'
import { BatchNorm } from './batch-norm.js'

beforeAll(useTestDevice)

const training = (): TrainingContext =>
  new TrainingContext({ seed: 1, step: tf.scalar(1, 'int32'), examples: tf.tensor1d([0, 1], 'int32') })

function expectStatistics(layer: BatchNorm, wanted: { running_mean: { data: number[] }; running_var: { data: number[] } }): void {
  expect(difference(layer.running_mean, wanted.running_mean.data)).toBeLessThan(1e-6)
  expect(difference(layer.running_var, wanted.running_var.data)).toBeLessThan(1e-6)
}

describe('BatchNorm', () => {
  it('agrees with PyTorch: output, gradients, running statistics and inference', () => {
    const { before, after, inference: wanted, ...values } = fixture.batchNorm
    const layer = new BatchNorm({ width: 3, momentum: 0.2 })
    const reset = (): void => {
      layer.running_mean.assign(known(before.running_mean))
      layer.running_var.assign(known(before.running_var))
    }
    const forward = (x: tf.Tensor): tf.Tensor => {
      reset()
      return layer.forward(x, training())
    }
    expect(knownDifference(values, layer, forward)).toBeLessThan(1e-5)
    expectStatistics(layer, after)
    expect(difference(layer.forward(known(values.inputs.x), inference), wanted.data)).toBeLessThan(1e-5)
    expectStatistics(layer, after)
  })

  it('takes no padding into its statistics, whatever it holds', () => {
    const { mask, after, ...values } = fixture.maskedBatchNorm
    const layer = new BatchNorm({ width: 3, momentum: 0.2 })
    const forward = (x: tf.Tensor): tf.Tensor => {
      layer.running_mean.assign(tf.zeros([3]))
      layer.running_var.assign(tf.ones([3]))
      return layer.forward(x, training(), tf.tensor2d(mask, [2, 4], 'int32'))
    }
    expect(knownDifference(values, layer, forward)).toBeLessThan(1e-5)
    expectStatistics(layer, after)
    const x = known(values.inputs.x)
    const padding = tf.where(tf.cast(tf.expandDims(tf.tensor2d(mask), 2), 'bool'), x, tf.fill([2, 4, 3], Number.NaN))
    expect(difference(forward(padding), values.output.data)).toBeLessThan(1e-5)
    const infer = (x: tf.Tensor): tf.Tensor => layer.forward(x, inference, tf.tensor2d(mask, [2, 4], 'int32'))
    expect(infer(padding).dataSync()).toEqual(infer(x).dataSync())
  })

  it('has gradients that agree with differences', async () => {
    const layer = new BatchNorm({ width: 3 })
    const [x, image] = [example([2, 4, 3]), example([2, 2, 3, 3])]
    const variables = [layer.weight, layer.bias]
    const mask = tf.tensor2d([1, 1, 1, 0, 1, 1, 0, 0], [2, 4])
    expect(await checkGradients(() => layer.forward(x, training(), mask), [x, ...variables])).toBeLessThan(1e-3)
    expect(await checkGradients(() => layer.forward(image, training()), [image, ...variables])).toBeLessThan(1e-3)
    expect(await checkGradients(() => layer.forward(x, inference), [x, ...variables])).toBeLessThan(1e-3)
  })

  it('keeps its statistics up to date in a traced training step, which does not train them', () => {
    const layer = new BatchNorm({ width: 2, momentum: 0.5 })
    const parameters = namedParameters(layer)
    expect([...parameters.keys()]).toEqual(['weight', 'bias', 'running_mean', 'running_var'])
    const trained = new Map([...parameters].filter(([, { trainable }]) => trainable))
    expect([...trained.keys()]).toEqual(['weight', 'bias'])
    const loss = ({ x }: { x: tf.Tensor }) => ({
      sum: tf.sum(tf.square(tf.sub(layer.forward(x, training()), 1))).asScalar(),
      count: tf.scalar(1),
    })
    const step = jit(trainingStep({ parameters: trained, optimizer: new SGD(trained), loss }))
    const random = new Random(4)
    let [mean, variance] = [0, 1]
    for (let i = 1; i <= 4; i++) {
      const values = random.normal(8, 3, 2)
      const numbers = { learningRate: tf.scalar(0.01), step: tf.scalar(i, 'int32') }
      step({ x: tf.tensor3d(values, [2, 2, 2]) }, numbers)
      const first = values.filter((_, k) => k % 2 === 0)
      const average = first.reduce((a, b) => a + b) / 4
      mean = (mean + average) / 2
      variance = (variance + first.reduce((sum, value) => sum + (value - average) ** 2, 0) / 3) / 2
    }
    expect(step.traces).toBe(1)
    expect(layer.running_mean.dataSync()[0]).toBeCloseTo(mean, 5)
    expect(layer.running_var.dataSync()[0]).toBeCloseTo(variance, 5)
  })

  it('rejects what it cannot use', () => {
    const layer = new BatchNorm({ width: 3 })
    expect(() => layer.forward(tf.zeros([1, 2]), inference)).toThrow('BatchNorm was built for inputs of width 3, got 2')
    expect(() => layer.forward(tf.zeros([1, 3]), training())).toThrow('no deviation of one position: train on batches of two')
    expect(() => layer.forward(tf.zeros([2, 4, 3]), inference, tf.zeros([2, 3]))).toThrow('the shape [2, 4], got [2, 3]')
    expect(() => new BatchNorm({ width: 3, momentum: 2 })).toThrow('momentum of BatchNorm must be in 0…1, got 2')
  })
})
