import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { jit, readSafetensors, tf, toFloat32 } from '@parlance/runtime'
import { accumulatingStep, type AccumulatingStep, microBatches } from './accumulation.js'
import { type Batch, regression } from '../fixtures/regression.js'
import { LossScaling } from './loss-scaling.js'
import { AdamW, SGD } from '../optimizers/index.js'
import { difference, example, useTestDevice } from '../testing.js'
import { train } from './train.js'
import { readLog } from './training-log.js'
import { trainingStep, type TrainStep } from './training-step.js'

beforeAll(useTestDevice)

/** Least squares over as many points as the batch has, by a weight and a bias; `unused` is not reached. */
function problem() {
  const parameters = new Map([['weight', example([3, 2])], ['bias', example([2], 1)], ['unused', example([4], 2)]])
  const [weight, bias] = [...parameters.values()] as [tf.Variable, tf.Variable]
  const loss = ({ x, y }: Batch) => {
    const predicted = tf.add(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor as tf.Tensor2D), bias)
    return { sum: tf.sum(tf.squaredDifference(predicted, y)).asScalar(), count: tf.scalar(x.shape[0] as number) }
  }
  // Weight decay would show in a parameter that has no gradient but were given a zero.
  return { parameters, loss, optimizer: new AdamW(parameters, { decay: () => true }), maxGradientNorm: 0.7 }
}

const numbers = (step: number) => ({ learningRate: tf.scalar(0.05), step: tf.scalar(step, 'int32') })

const rows = (batch: Batch, from: number, count: number): Batch => ({
  x: tf.slice(batch.x, from, count),
  y: tf.slice(batch.y, from, count),
})

const wholeBatch = (step: number): Batch => ({ x: tf.tidy(() => example([8, 3], step)), y: example([8, 2], -step) })

describe('accumulatingStep', () => {
  it.each([[8], [4, 4], [5, 1, 2], [1, 1, 1, 1, 1, 1, 1, 1]])(
    'updates as the whole batch does when it is split into %i …',
    async (...sizes) => {
      const [whole, split] = [problem(), problem()]
      const [one, many] = [jit(trainingStep(whole)), accumulatingStep(split)]
      for (let step = 1; step <= 5; step++) {
        const batch = wholeBatch(step)
        let from = 0
        const parts = sizes.map((size) => rows(batch, (from += size) - size, size))
        const wanted = one(batch, numbers(step))
        const got = many(parts, numbers(step))
        expect(difference(got.count, [8])).toBe(0)
        expect(difference(got.sum, [...wanted.sum.dataSync()]) / (got.sum.dataSync()[0] as number)).toBeLessThan(1e-6)
        expect(difference(got.gradientNorm, [...wanted.gradientNorm.dataSync()])).toBeLessThan(2e-6)
      }
      for (const [name, variable] of whole.parameters) {
        expect(difference(split.parameters.get(name) as tf.Variable, [...variable.dataSync()])).toBeLessThan(1e-6)
      }
    },
  )

  it('scales the loss as the whole batch does, and skips the update when one micro-batch overflows', async () => {
    const run = (accumulate: boolean) => {
      const lossScaling = new LossScaling({ initialScale: 1024 })
      const options = { ...problem(), lossScaling }
      const step = accumulate ? accumulatingStep(options) : jit(trainingStep(options))
      for (let i = 1; i <= 4; i++) {
        const { x, y } = wholeBatch(i)
        // Its square overflows float32 at the second step.
        const batch = { x, y: i === 2 ? tf.concat([tf.mul(tf.slice(y, 0, 5), 1e18), tf.slice(y, 5, 3)]) : y }
        if (accumulate) (step as AccumulatingStep<Batch>)([rows(batch, 0, 5), rows(batch, 5, 3)], numbers(i))
        else (step as TrainStep<Batch>)(batch, numbers(i))
      }
      const [scale, , skipped] = [...lossScaling.state().values()].map((variable) => variable.dataSync()[0])
      return { scale, skipped, weights: [...options.parameters.values()].flatMap((variable) => [...variable.dataSync()]) }
    }
    const [whole, split] = [run(false), run(true)]
    expect([split.scale, split.skipped]).toEqual([whole.scale, whole.skipped])
    expect(split.skipped).toBe(1)
    for (const [i, weight] of whole.weights.entries()) expect(split.weights[i]).toBeCloseTo(weight, 5)
  })

  it('leaves no tensor behind, and its own when it is disposed', () => {
    const options = problem()
    const before = tf.memory().numTensors
    const step = accumulatingStep(options)
    const counts: number[] = []
    for (let i = 1; i <= 4; i++) {
      tf.tidy(() => {
        const batch = wholeBatch(i)
        step([rows(batch, 0, 4), rows(batch, 4, 4)], numbers(i))
        tf.dispose([batch.x, batch.y])
      })
      counts.push(tf.memory().numTensors)
    }
    expect(new Set(counts).size).toBe(1)
    step.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('forgets what it summed before an error', async () => {
    const [clean, failed] = [problem(), problem()]
    const [one, other] = [accumulatingStep(clean), accumulatingStep(failed)]
    const bad = { x: tf.ones([2, 5]), y: tf.ones([2, 2]) }
    expect(() => other([wholeBatch(1), bad], numbers(1))).toThrow()
    expect(() => other([], numbers(1))).toThrow('needs one micro-batch or more, got none')
    for (const step of [one, other]) step([wholeBatch(2)], numbers(1))
    for (const [name, variable] of clean.parameters) {
      expect(await failed.parameters.get(name)?.data()).toEqual(await variable.data())
    }
  })

  it('trains in the loop as with whole batches, and logs the mean over all terms', async () => {
    const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'accumulation-'))
    const progress = { isTTY: false, write: () => true } as unknown as NodeJS.WriteStream
    const run = async (name: string, accumulate: boolean) => {
      const folder = path.join(temporary, name)
      const { trainStep: _, batch, ...options } = regression(folder)
      const { parameters, loss } = options
      const optimizer = new SGD(parameters, { momentum: 0.9 })
      const settings = { ...options, optimizer, maxSteps: 12, progress }
      const step = { parameters, optimizer, loss, maxGradientNorm: 1 }
      const micro = (index: number) => batch(index)
      const together = (index: number) =>
        tf.tidy(() => {
          const parts = [1, 2, 3].map((i) => batch((index - 1) * 3 + i))
          return { x: tf.concat(parts.map(({ x }) => x)), y: tf.concat(parts.map(({ y }) => y)) }
        })
      if (accumulate) await train({ ...settings, trainStep: accumulatingStep(step), batch: microBatches(3, micro) })
      else await train({ ...settings, trainStep: jit(trainingStep(step)), batch: together })
      const log = readLog(path.join(folder, 'log.jsonl')).flatMap((entry) => ('loss' in entry ? [entry.loss] : []))
      const { tensors } = readSafetensors(path.join(folder, 'model.safetensors'))
      return { log, weights: [...tensors.values()].flatMap((tensor) => [...toFloat32(tensor)]) }
    }
    const [wanted, got] = [await run('whole', false), await run('split', true)]
    expect(got.log).toHaveLength(12)
    for (const [i, loss] of wanted.log.entries()) expect(got.log[i]).toBeCloseTo(loss, 5)
    for (const [i, weight] of wanted.weights.entries()) expect(got.weights[i]).toBeCloseTo(weight, 5)
    fs.rmSync(temporary, { recursive: true })
  })

  it('refuses no micro-batches a step, and frees those made before one fails', async () => {
    expect(() => microBatches(0, () => tf.scalar(1))).toThrow('micro-batches of a step must be a whole number of 1 or more')
    const before = tf.memory().numTensors
    const failing = microBatches(3, (index) => {
      if (index === 6) throw new Error('no sixth')
      return tf.scalar(index)
    })
    tf.dispose(await failing(1))
    await expect(failing(2)).rejects.toThrow('no sixth')
    expect(tf.memory().numTensors).toBe(before)
  })
})
