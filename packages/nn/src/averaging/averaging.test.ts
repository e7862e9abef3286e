import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { jit, readSafetensors, tf, toFloat32, writeSafetensors } from '@parlance/runtime'
import { regression } from '../fixtures/regression.js'
import { AdamW, SGD } from '../optimizers/index.js'
import { constantSchedule, inversePowerSchedule, plateauSchedule } from '../schedules/index.js'
import { difference, useTestDevice } from '../testing.js'
import { train } from '../training/train.js'
import { readLog } from '../training/training-log.js'
import { trainingStep } from '../training/training-step.js'
import { averageCheckpoints, ExponentialAverage, nonMonotonic, RunningAverage, type WeightAverage } from './index.js'

type Flat = Record<string, number[]>
interface Fixture {
  shapes: Flat
  initial: Flat
  gradients: Record<string, number[][]>
  averaged: { t0: number; lambd: number; weightDecay: number; parameters: Flat[]; averages: Flat[] }[]
}
// `averaged`: the parameters and the state `ax` after each step of torch.optim.ASGD(lr=0.05) of PyTorch 1.13.
const fixture = JSON.parse(
  fs.readFileSync(new URL('../fixtures/optimizers.json', import.meta.url), 'utf8'),
) as Fixture

let folder: string
beforeAll(useTestDevice)
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'averaging-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

const tensors = (flat: Flat) =>
  new Map(Object.entries(flat).map(([name, values]) => [name, tf.tensor(values, fixture.shapes[name] ?? [])]))

const variables = () => new Map([...tensors(fixture.initial)].map(([name, value]) => [name, tf.variable(value)]))

/** One number that SGD takes to the given values, one an update. */
function path1d(make: (parameters: Map<string, tf.Variable>, sgd: SGD) => WeightAverage) {
  const w = tf.variable(tf.scalar(10))
  const parameters = new Map([['w', w as tf.Variable]])
  const average = make(parameters, new SGD(parameters))
  const apply = jit((gradient: tf.Tensor, rate: tf.Tensor, step: tf.Tensor): void =>
    average.apply(new Map([['w', gradient]]), rate, step),
  )
  const go = (values: number[]): number[] =>
    values.map((value, i) =>
      tf.tidy(() => {
        apply(tf.sub(w, value), tf.scalar(1), tf.scalar(i + 1, 'int32'))
        return (average.state().get('average.w') as tf.Variable).dataSync()[0] as number
      }),
    )
  return { w, average, go }
}

const expectAll = (got: number[], wanted: number[]) => {
  expect(got.length).toBe(wanted.length)
  for (const [i, value] of wanted.entries()) expect(got[i]).toBeCloseTo(value, 5)
}

describe('weight averages', () => {
  it.each(fixture.averaged)('follow torch.optim.ASGD with t0 $t0, lambd $lambd', ({ t0, lambd, weightDecay, parameters, averages }) => {
    const weights = variables()
    const sgd = new SGD(weights, { weightDecay: weightDecay + lambd })
    const optimizer = new RunningAverage(weights, sgd, { start: t0 + 2 })
    const schedule = inversePowerSchedule({ peak: 0.05, decay: lambd * 0.05, power: 0.75 })
    for (const [i, wanted] of parameters.entries()) {
      const gradients = tensors(Object.fromEntries(Object.entries(fixture.gradients).map(([name, all]) => [name, all[i] ?? []])))
      optimizer.apply(gradients, tf.scalar(schedule(i + 1)), tf.scalar(i + 1, 'int32'))
      for (const [name, values] of Object.entries(wanted)) {
        expect(difference(weights.get(name) as tf.Variable, values)).toBeLessThan(1e-6)
        const average = optimizer.state().get(`average.${name}`) as tf.Variable
        expect(difference(average, averages[i]?.[name] ?? [])).toBeLessThan(1e-6)
      }
    }
  })

  it('are exponential, corrected for their beginning as Adam corrects', () => {
    const values = [4, 2, 8, 1, 5]
    const wanted = values.map((_, t) => {
      const m = values.slice(0, t + 1).reduce((sum, value) => 0.9 * sum + 0.1 * value, 0)
      return m / (1 - 0.9 ** (t + 1))
    })
    expectAll(path1d((of, sgd) => new ExponentialAverage(of, sgd, { decay: 0.9 })).go(values), wanted)
  })

  it("are exponential, warmed up by TensorFlow's rule", () => {
    const values = [4, 2, 8, 1, 5, 6, 7]
    let average = 10
    const wanted = values.map((value, i) => {
      const decay = Math.min(0.35, (1 + (i + 1)) / (10 + (i + 1)))
      average = decay * average + (1 - decay) * value
      return average
    })
    expectAll(path1d((of, sgd) => new ExponentialAverage(of, sgd, { decay: 0.35, start: 'warm-up' })).go(values), wanted)
  })

  it('are plain means from a start on, of every so many', () => {
    const { go } = path1d((of, sgd) => new RunningAverage(of, sgd, { start: 3, every: 2 }))
    expectAll(go([9, 7, 4, 100, 6, 100, 8]), [9, 7, 4, 4, 5, 5, 6])
    expectAll(path1d((of, sgd) => new RunningAverage(of, sgd)).go([1, 2, 6]), [1, 1.5, 3])
  })

  it('start when a trigger says so, after a resume too', () => {
    const { average, go, w } = path1d((of, sgd) => new RunningAverage(of, sgd, { start: nonMonotonic({ patience: 1 }) }))
    const tell = (...values: number[]) => average.evaluated(values.map((value, i) => ({ step: i + 1, value })))
    expectAll(go([5, 3]), [5, 3])
    tell(1, 2)
    expect(average.state().get('average_start')?.dataSync()[0]).toBe(2 ** 31 - 1)
    tell(1, 2, 1.5)
    expect(average.state().get('average_start')?.dataSync()[0]).toBe(4)
    tell(1, 2, 1.5, 9)
    expect(average.state().get('average_start')?.dataSync()[0]).toBe(4)
    expectAll(go([5, 3, 7, 2, 4]), [5, 3, 7, 2, 3])
    expect(w.dataSync()[0]).toBe(4)
  })

  it('stand in for the weights while they are evaluated, and no longer', async () => {
    const { average, go, w } = path1d((of, sgd) => new RunningAverage(of, sgd))
    go([1, 2])
    const read = jit(() => tf.mul(w, 1))
    const value = () => read().dataSync()[0]
    const live = tf.memory().numTensors
    expect(await average.whileAveraged(() => value())).toBe(1.5)
    expect(value()).toBe(2)
    await expect(average.whileAveraged(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(value()).toBe(2)
    expect(tf.memory().numTensors).toBe(live + 3) // the three reads
    expect(average.state().get('average.w')?.dataSync()[0]).toBe(1.5)
    average.dispose()
  })

  it('refuse what cannot work', () => {
    const [parameters, sgd] = [variables(), new SGD(variables())]
    expect(() => new ExponentialAverage(parameters, sgd, { decay: 1 })).toThrow('decay of an average must lie between 0 and 1')
    expect(() => new RunningAverage(parameters, sgd, { every: 0 })).toThrow('whole number of 1 or more, got 0')
    expect(() => new RunningAverage(parameters, sgd, { start: 0 })).toThrow('start of an average must be')
    expect(() => nonMonotonic({ patience: 0 })).toThrow('patience of a trigger must be')
  })
})

describe('nonMonotonic', () => {
  it('is the criterion of NT-ASGD: v > min of the logs except the last n', () => {
    const at = (values: number[]) => values.map((value, i) => ({ step: i, value }))
    // As in Merity et al.: `len(logs) > n and v > min(logs[:-n])`, then `logs.append(v)`.
    const reference = (values: number[], n: number) => {
      const [logs, v] = [values.slice(0, -1), values.at(-1) as number]
      return logs.length > n && v > Math.min(...logs.slice(0, logs.length - n))
    }
    const values = [5, 4, 4.5, 3, 3.1, 3.2, 2.9, 3.05, 3.01, 2.95, 2.91]
    for (const n of [1, 2, 5]) {
      const found = values.map((_, i) => nonMonotonic({ patience: n })(at(values.slice(0, i + 1))))
      expect(found).toEqual(values.map((_, i) => reference(values.slice(0, i + 1), n)))
      expect(found).toContain(n !== 5)
      const negative = values.map((value) => -value)
      const mirrored = nonMonotonic({ patience: n, direction: 'maximize' })
      expect(negative.map((_, i) => mirrored(at(negative.slice(0, i + 1))))).toEqual(found)
    }
  })
})

const progress = { isTTY: false, write: () => true } as unknown as NodeJS.WriteStream

/** The regression with averaged weights and a rate that falls on plateaus; `evaluated` collects what an evaluation saw. */
function averagedRun(name: string) {
  const options = regression(path.join(folder, name))
  const { parameters, loss } = options
  const optimizer = new ExponentialAverage(parameters, new AdamW(parameters), { decay: 0.9 })
  const trainStep = jit(trainingStep({ parameters, optimizer, loss }))
  const evaluated: number[][] = []
  const flat = () => [...parameters.values()].flatMap((variable) => [...variable.dataSync()])
  const evaluation = {
    ...options.evaluation,
    evaluate: () => {
      evaluated.push(flat())
      return options.evaluation.evaluate()
    },
  }
  // Whatever comes after the first evaluation is no better by this much.
  const schedule = plateauSchedule({ peak: 0.05, patience: 0, factor: 0.5, threshold: 0.9 })
  return { options: { ...options, optimizer, trainStep, evaluation, schedule, progress }, evaluated, flat }
}

const modelOf = (name: string) =>
  [...readSafetensors(path.join(folder, name, 'model.safetensors')).tensors.values()].flatMap((t) => [...toFloat32(t)])

describe('train with averaged weights', () => {
  it('evaluates and keeps the averages, goes on from the weights, and lowers the rate on plateaus', async () => {
    const { options, evaluated, flat } = averagedRun('run')
    const { best } = await train({ ...options, maxSteps: 28 })
    expect(modelOf('run')).toEqual(evaluated[[7, 14, 21, 28].indexOf(best?.step ?? 0)])
    expect(flat()).not.toEqual(evaluated.at(-1))
    const average = [...options.optimizer.state()].flatMap(([key, v]) => (key.startsWith('average.') ? [...v.dataSync()] : []))
    expect(average).toEqual(evaluated.at(-1))
    const rates = readLog(path.join(folder, 'run', 'log.jsonl')).flatMap((entry) => ('loss' in entry ? [entry.learningRate] : []))
    const drops = [0, 0, 1, 2].map((n) => 0.05 * 0.5 ** n)
    expect(rates).toEqual(Array.from({ length: 28 }, (_, i) => drops[Math.floor(i / 7)]))
  })

  it('resumes with the same averages, rates and losses', async () => {
    const whole = averagedRun('whole')
    await train({ ...whole.options, maxSteps: 28 })
    await train({ ...averagedRun('parts').options, maxSteps: 14 })
    const resumed = averagedRun('parts')
    await train({ ...resumed.options, maxSteps: 28, resume: true })
    const entries = (name: string) =>
      readLog(path.join(folder, name, 'log.jsonl')).map((entry) => ({ ...entry, seconds: 0, tokensPerSecond: 0 }))
    expect(entries('parts')).toEqual(entries('whole'))
    expect(resumed.flat()).toEqual(whole.flat())
    expect(modelOf('parts')).toEqual(modelOf('whole'))
  })

  it('starts averaging when the evaluations trigger it, and remembers that', async () => {
    const run = (maxSteps: number, resume: boolean) => {
      const options = regression(path.join(folder, 'triggered'))
      const { parameters, loss } = options
      const optimizer = new RunningAverage(parameters, new SGD(parameters), { start: nonMonotonic({ patience: 1 }) })
      const losses = new Map([[2, 4], [4, 5], [6, 4.5], [8, 3], [10, 2]])
      let step = resume ? 8 : 0
      const evaluation = { ...options.evaluation, every: 2, evaluate: () => ({ loss: losses.get((step += 2)) as number }) }
      const trainStep = jit(trainingStep({ parameters, optimizer, loss }))
      const start = () => optimizer.state().get('average_start')?.dataSync()[0]
      return { done: train({ ...options, optimizer, trainStep, evaluation, maxSteps, resume, progress }), start }
    }
    const early = run(4, false)
    await early.done
    expect(early.start()).toBe(2 ** 31 - 1)
    fs.rmSync(path.join(folder, 'triggered'), { recursive: true })
    const first = run(8, false)
    await first.done
    expect(first.start()).toBe(7) // 4.5 after 6 updates is worse than 4, the best before the last one
    const second = run(10, true)
    await second.done
    expect(second.start()).toBe(7)
  })

  it('keeps the averages of the last checkpoint when nothing is evaluated', async () => {
    const { options } = averagedRun('run')
    const { evaluation: _, ...rest } = options
    await train({ ...rest, schedule: constantSchedule(0.05), maxSteps: 5 })
    const average = [...options.optimizer.state()].flatMap(([key, v]) => (key.startsWith('average.') ? [...v.dataSync()] : []))
    expect(modelOf('run')).toEqual(average)
  })
})

describe('averageCheckpoints', () => {
  const write = (name: string, weight: number[], ids = [1, 2], shape = [weight.length]) => {
    const file = path.join(folder, name)
    writeSafetensors(file, new Map([
      ['weight', { dtype: 'F32', shape, data: Float32Array.from(weight) }],
      ['ids', { dtype: 'I32', shape: [2], data: Int32Array.from(ids) }],
    ]))
    return file
  }

  it('takes the mean of the floats and keeps the rest', () => {
    const output = path.join(folder, 'mean.safetensors')
    averageCheckpoints([write('a', [1, 2]), write('b', [3, 2.5]), write('c', [8, -3])], output)
    const { tensors, metadata } = readSafetensors(output)
    expect(Array.from(tensors.get('weight')?.data as Float32Array)).toEqual([4, 0.5])
    expect(Array.from(tensors.get('ids')?.data as Int32Array)).toEqual([1, 2])
    expect(metadata.averaged).toBe('3')
  })

  it('refuses none, another architecture and other constants', () => {
    const output = path.join(folder, 'mean.safetensors')
    expect(() => averageCheckpoints([], output)).toThrow('needs one file or more, got none')
    const a = write('a', [1, 2])
    expect(() => averageCheckpoints([a, write('b', [1])], output)).toThrow(/weight has shape \[1\], in .*a it has \[2\]: average/)
    expect(() => averageCheckpoints([a, write('c', [1, 2], [1, 3])], output)).toThrow('ids is not made of floats and differs')
    const other = path.join(folder, 'other')
    writeSafetensors(other, new Map([['bias', { dtype: 'F32', shape: [1], data: Float32Array.of(1) }]]))
    expect(() => averageCheckpoints([a, other], output)).toThrow(/has a tensor bias, which .* has not/)
    expect(() => averageCheckpoints([other, a], output)).toThrow(/has a tensor weight, which .* has not/)
    expect(fs.existsSync(output)).toBe(false)
  })
})
