import { beforeAll, describe, expect, it } from 'vitest'
import { jit, tf } from '@parlance/runtime'
import { type Batch, regression } from '../fixtures/regression.js'
import { SGD } from '../optimizers/index.js'
import { useTestDevice } from '../testing.js'
import { trainingStep } from '../training/training-step.js'
import { findLearningRate, overfitOneBatch } from './index.js'

beforeAll(useTestDevice)

/** Half of a² w² for w = 3: a gradient step is w ← w (1 − η a²), and the loss grows for η > 2 / a². */
function parabola(momentum = 0) {
  const w = tf.variable(tf.scalar(3))
  const parameters = new Map([['w', w as tf.Variable]])
  const optimizer = new SGD(parameters, { momentum })
  const loss = ({ a }: { a: tf.Tensor }) => ({ sum: tf.mul(tf.square(tf.mul(a, w)), 0.5).asScalar(), count: tf.scalar(1) })
  const trainStep = jit(trainingStep<{ a: tf.Tensor }>({ parameters, optimizer, loss }))
  return { w, parameters, optimizer, trainStep, batch: () => ({ a: tf.scalar(2) }) }
}

const state = (options: { parameters: Map<string, tf.Variable>; optimizer: { state(): Map<string, tf.Variable> } }) =>
  [...options.parameters.values(), ...options.optimizer.state().values()].map((variable) => [...variable.dataSync()])

describe('findLearningRate', () => {
  it('ramps the rate exponentially, smooths the loss and finds its steepest fall', async () => {
    const options = parabola()
    const settings = { from: 1e-3, to: 10, steps: 81, smoothing: 0.5, divergence: 4 }
    const { points, suggestion, diverged, plot } = await findLearningRate({ ...options, ...settings })
    // The same in plain numbers.
    const wanted: { rate: number; loss: number; smoothed: number }[] = []
    for (let [step, w, mean] = [1, 3, 0]; step <= 81; step++) {
      const rate = 1e-3 * 1e4 ** ((step - 1) / 80)
      const loss = 2 * w * w
      mean = 0.5 * mean + 0.5 * loss
      wanted.push({ rate, loss, smoothed: mean / (1 - 0.5 ** step) })
      if ((wanted.at(-1)?.smoothed as number) > 4 * Math.min(...wanted.map(({ smoothed }) => smoothed))) break
      w *= 1 - 4 * rate
    }
    expect(diverged).toBe(true)
    expect(points.length).toBe(wanted.length)
    for (const [i, { rate, loss, smoothed }] of wanted.entries()) {
      expect(points[i]?.rate).toBeCloseTo(rate, 12)
      expect(points[i]?.loss).toBeCloseTo(loss, 4)
      expect(points[i]?.smoothed).toBeCloseTo(smoothed, 4)
    }
    const smoothed = wanted.map((point) => point.smoothed)
    const falls = smoothed.map((_, i) => (i === 0 ? 0 : (smoothed[i - 1] as number) - (smoothed[i + 1] ?? Infinity)))
    expect(suggestion).toBe(points[falls.indexOf(Math.max(...falls))]?.rate)
    expect(suggestion).toBeLessThan(2 / 4)
    expect(plot).toMatchObject({ xName: 'learning rate', logarithmic: true })
    expect(plot.curves.map(({ name, points: [first] }) => [name, first])).toEqual([
      ['loss', [points[0]?.rate, points[0]?.loss]],
      ['smoothed', [points[0]?.rate, points[0]?.smoothed]],
    ])
  })

  it('leaves parameters, optimizer and memory as they were', async () => {
    const options = parabola(0.9)
    options.optimizer.apply(new Map([['w', tf.scalar(0.5)]]), tf.scalar(0.1))
    const before = state(options)
    await findLearningRate({ ...options, steps: 5 })
    const live = tf.memory().numTensors
    await findLearningRate({ ...options, steps: 40, to: 100 })
    expect(tf.memory().numTensors).toBe(live)
    expect(state(options)).toEqual(before)
    await expect(findLearningRate({ ...options, batch: () => { throw new Error('no data') } })).rejects.toThrow('no data')
    expect(state(options)).toEqual(before)
  })

  it('stops where the loss is not finite, and suggests nothing where it never fell', async () => {
    const options = parabola()
    const far = await findLearningRate({ ...options, from: 1e20, to: 1e30, divergence: Infinity })
    expect(far.diverged).toBe(true)
    expect(far.points.every(({ loss }) => Number.isFinite(loss))).toBe(true)
    expect(far.suggestion).toBeNull()
    expect(far.plot.note).toContain('it fell nowhere')
    expect(options.w.dataSync()[0]).toBe(3)
    const nothing = { ...options, batch: () => ({ a: tf.scalar(NaN) }) }
    await expect(findLearningRate(nothing)).rejects.toThrow('The loss is NaN before any update: check the data')
  })

  it('refuses ranges that cannot work', async () => {
    const options = parabola()
    await expect(findLearningRate({ ...options, steps: 2 })).rejects.toThrow('range test must be a whole number of 3 or more')
    await expect(findLearningRate({ ...options, from: 1, to: 0.1 })).rejects.toThrow('must rise from above 0, got 1 to 0.1')
    await expect(findLearningRate({ ...options, smoothing: 1 })).rejects.toThrow('less than 1, got 1')
    await expect(findLearningRate({ ...options, divergence: 1 })).rejects.toThrow('must be more than 1, got 1')
  })
})

describe('overfitOneBatch', () => {
  const options = () => {
    const { parameters, optimizer, trainStep, batch } = regression('unused')
    return { parameters, optimizer, trainStep, batch: (): Batch => batch(3), learningRate: 0.05 }
  }

  it('says that a model learns its batch, and puts it back', async () => {
    const given = options()
    const before = state(given)
    const result = await overfitOneBatch({ ...given, threshold: 1e-3 })
    expect(result.learned).toBe(true)
    expect(result.loss).toBeLessThan(1e-3)
    expect(result.firstLoss).toBeGreaterThan(0.01)
    expect(result.summary).toMatch(/^The model learns the batch: the loss went from .* to .* in \d+ updates, below 0.001\.$/)
    expect(state(given)).toEqual(before)
    const again = await overfitOneBatch({ ...given, threshold: 1e-3 })
    expect(again).toEqual(result)
  })

  it('keeps what was learnt when asked to', async () => {
    const given = options()
    const first = await overfitOneBatch({ ...given, threshold: 1e-3, keep: true })
    const second = await overfitOneBatch({ ...given, threshold: 1e-3 })
    expect(first.steps).toBeGreaterThan(1)
    expect(second.firstLoss).toBeLessThan(1e-3)
  })

  it('says that a model does not: for want of steps, of gradients, of a sane rate', async () => {
    const few = await overfitOneBatch({ ...options(), threshold: 1e-6, maxSteps: 5 })
    expect(few).toMatchObject({ learned: false, steps: 5 })
    expect(few.summary).toMatch(/has not learnt the batch: .* in 5 updates at learning rate 0.05, not below 1.00e-6: check targets/)
    const given = parabola()
    const frozen = { ...given, trainStep: (...[batch, numbers]: Parameters<typeof given.trainStep>) => {
      const still = { ...numbers, learningRate: tf.scalar(0) }
      return given.trainStep(batch, still)
    } }
    const stuck = await overfitOneBatch({ ...frozen, learningRate: 0.1, threshold: 1, maxSteps: 3 })
    expect(stuck.summary).toMatch(/does not learn the batch: the loss went from 18 to 18 in 3 .*: check the rate, and that gradients reach/)
    const wild = await overfitOneBatch({ ...given, learningRate: 1e30, threshold: 1 })
    expect(wild.learned).toBe(false)
    expect(wild.summary).toMatch(/does not learn the batch: .* to (Infinity|NaN) in \d updates at learning rate 1e\+30: lower it/)
    expect(given.w.dataSync()[0]).toBe(3)
  })

  it('refuses no rate and no steps', async () => {
    await expect(overfitOneBatch({ ...options(), threshold: 1, learningRate: 0 })).rejects.toThrow('must be more than 0, got 0')
    await expect(overfitOneBatch({ ...options(), threshold: 1, maxSteps: 0 })).rejects.toThrow('most steps on one batch must be')
  })
})
