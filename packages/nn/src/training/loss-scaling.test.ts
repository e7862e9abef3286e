import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { jit, readSafetensors, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Batch, regression } from '../fixtures/regression.js'
import { LossScaling, type LossScalingOptions } from './loss-scaling.js'
import { useTestDevice } from '../testing.js'
import { train } from './train.js'
import { trainingStep } from './training-step.js'

beforeAll(useTestDevice)

/** The regression's step with loss scaling, its batches, and a way to run it. */
function scaledRun(options: LossScalingOptions | undefined, maxGradientNorm = Infinity) {
  const { parameters, optimizer, loss, batch } = regression('unused')
  const lossScaling = options && new LossScaling(options)
  const step = jit(trainingStep({ parameters, optimizer, loss, maxGradientNorm, ...(lossScaling ? { lossScaling } : {}) }))
  const variables = new Map([...parameters, ...optimizer.state(), ...(lossScaling?.state() ?? [])])
  const run = (number: number, change: (batch: Batch) => Batch = (same) => same) => {
    const result = step(change(batch(number)), { learningRate: tf.scalar(0.05), step: tf.scalar(number, 'int32') })
    return { sum: result.sum.dataSync()[0], norm: result.gradientNorm.dataSync()[0] as number }
  }
  const read = () => new Map([...variables].map(([name, variable]) => [name, [...variable.dataSync()]]))
  return { run, read }
}

/** Targets so large that the gradients overflow when the loss is scaled by 2¹⁶, but not by 1. */
const overflowing = ({ x, y }: Batch): Batch => ({ x, y: tf.mul(y, 1e37) })
const notANumber = ({ x, y }: Batch): Batch => ({ x, y: tf.mul(y, NaN) })

describe('LossScaling', () => {
  it('changes no bit of a training without overflow', () => {
    for (const maxGradientNorm of [Infinity, 0.1]) {
      const plain = scaledRun(undefined, maxGradientNorm)
      const scaled = scaledRun({ growthInterval: 4 }, maxGradientNorm)
      for (let step = 1; step <= 10; step++) expect(scaled.run(step)).toEqual(plain.run(step))
      for (const [name, values] of plain.read()) expect(scaled.read().get(name), name).toEqual(values)
    }
  })

  it('skips an update that overflows, exactly, halves the scale and goes on as if the batch had not been', () => {
    for (const bad of [overflowing, notANumber]) {
      const [plain, scaled] = [scaledRun(undefined), scaledRun({})]
      plain.run(1)
      scaled.run(1)
      const before = scaled.read()
      expect(scaled.run(2, bad).norm).toBe(0)
      const after = scaled.read()
      expect(after.get('loss_scale')).toEqual([2 ** 15])
      expect(after.get('loss_scale.skipped')).toEqual([1])
      for (const [name, values] of before) if (!name.startsWith('loss_scale')) expect(after.get(name), name).toEqual(values)
      // The third step is the second update, in Adam's correction of its moments too.
      expect(scaled.run(3, () => regression('unused').batch(2))).toEqual(plain.run(2))
      for (const [name, values] of plain.read()) expect(scaled.read().get(name), name).toEqual(values)
    }
  })

  it('doubles the scale after the interval, and never beyond 2^24 or below 1', () => {
    const scaled = scaledRun({ initialScale: 2 ** 22, growthInterval: 2 })
    const scales = Array.from({ length: 8 }, (_, i) => {
      scaled.run(i + 1)
      return Math.log2(scaled.read().get('loss_scale')?.[0] as number)
    })
    expect(scales).toEqual([22, 23, 23, 24, 24, 24, 24, 24])
    const falling = scaledRun({ initialScale: 4, growthInterval: 2 })
    const norms = Array.from({ length: 4 }, (_, i) => [falling.run(i + 1, notANumber).norm, falling.read().get('loss_scale')?.[0]])
    // At a scale of 1 it is not the scale's fault: the norm says so.
    expect(norms).toEqual([[0, 2], [0, 1], [NaN, 1], [NaN, 1]])
  })

  it('counts the interval from the last change', () => {
    const scaled = scaledRun({ growthInterval: 3 })
    const kinds = ['good', 'good', 'bad', 'good', 'good', 'good', 'good']
    const scales = kinds.map((kind, i) => {
      scaled.run(i + 1, kind === 'bad' ? overflowing : undefined)
      return Math.log2(scaled.read().get('loss_scale')?.[0] as number)
    })
    expect(scales).toEqual([16, 16, 15, 15, 15, 16, 16])
  })

  it('is saved and resumed with a run', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scaling-'))
    const stream = { isTTY: false, write: () => true } as unknown as NodeJS.WriteStream
    const options = (name: string) => {
      const { loss, ...rest } = regression(path.join(folder, name))
      const lossScaling = new LossScaling({ growthInterval: 4 })
      const { parameters, optimizer } = rest
      return { ...rest, lossScaling, progress: stream, trainStep: jit(trainingStep({ parameters, optimizer, loss, lossScaling })) }
    }
    await train({ ...options('whole'), maxSteps: 14 })
    await train({ ...options('parts'), maxSteps: 6 })
    await train({ ...options('parts'), maxSteps: 14, resume: true })
    const state = (name: string) => readSafetensors(path.join(folder, name, 'state', 'step-00000014', 'optimizer.safetensors')).tensors
    expect(state('whole').get('loss_scale')?.data).toEqual(Float32Array.of(2 ** 19))
    expect(state('whole').get('loss_scale.updates')?.data).toEqual(Int32Array.of(2))
    expect([...state('parts')]).toEqual([...state('whole')])
    fs.rmSync(folder, { recursive: true })
  })

  it('says which options cannot be', () => {
    expect(() => new LossScaling({ initialScale: 1000 })).toThrow('The initial loss scale must be a power of two from 1 to 2^24, got 1000.')
    expect(() => new LossScaling({ initialScale: 2 ** 25 })).toThrow('got 33554432')
    expect(() => new LossScaling({ growthInterval: 0 })).toThrow('must be a whole number of 1 or more, got 0.')
  })
})
