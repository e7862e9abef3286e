import fs from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { jit, tf } from '@parlance/runtime'
import { clipByGlobalNorm, gradients } from '../training/gradients.js'
import { Adafactor, Adagrad, Adam, AdamW, Lion, type Optimizer, RMSProp, SGD } from './index.js'
import { useTestDevice } from '../testing.js'
import { trainingStep } from '../training/training-step.js'

const optimizers = { Adafactor, Adagrad, Adam, AdamW, Lion, RMSProp, SGD }

type Flat = Record<string, number[]>
interface Fixture {
  learningRates: number[]
  shapes: Flat
  initial: Flat
  gradients: Record<string, number[][]>
  runs: { optimizer: keyof typeof optimizers; options: Record<string, number | boolean>; parameters: Flat[] }[]
  clipping: { maxNorm: number; step: number; norm: number; gradients: Flat }[]
}

// Written by torch.optim's AdamW, SGD, Adam, Adagrad and RMSprop and by torch.nn.utils.clip_grad_norm_ of PyTorch 1.13;
// the bias, of one dimension, in a group without weight decay for AdamW. PyTorch 1.13 has no Adafactor and no Lion: their
// runs were written by the papers' algorithms in NumPy's float64 (Adafactor with sums over rows and columns as printed).
const fixture = JSON.parse(
  fs.readFileSync(new URL('../fixtures/optimizers.json', import.meta.url), 'utf8'),
) as Fixture

beforeAll(useTestDevice)

function tensors(flat: Flat): Map<string, tf.Tensor> {
  return new Map(Object.entries(flat).map(([name, values]) => [name, tf.tensor(values, fixture.shapes[name] ?? [])]))
}

function variables(): Map<string, tf.Variable> {
  return new Map([...tensors(fixture.initial)].map(([name, value]) => [name, tf.variable(value)]))
}

function expectClose(actual: Iterable<number>, expected: number[], tolerance: number): void {
  const values = [...actual]
  expect(values.length).toBe(expected.length)
  for (const [i, value] of values.entries()) {
    expect(Math.abs(value - (expected[i] as number))).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)))
  }
}

function gradientsAt(step: number): Map<string, tf.Tensor> {
  return tensors(Object.fromEntries(Object.entries(fixture.gradients).map(([name, all]) => [name, all[step] ?? []])))
}

describe('optimizers', () => {
  it.each(fixture.runs)('$optimizer with $options follows PyTorch for ten steps', async (run) => {
    const parameters = variables()
    const optimizer: Optimizer = new optimizers[run.optimizer](parameters, run.options)
    for (const [step, expected] of run.parameters.entries()) {
      const live = tf.memory().numTensors
      tf.tidy(() => {
        optimizer.apply(gradientsAt(step), tf.scalar(fixture.learningRates[step] ?? NaN), tf.scalar(step + 1, 'int32'))
      })
      expect(tf.memory().numTensors).toBe(live)
      for (const [name, values] of Object.entries(expected)) {
        expectClose(await (parameters.get(name) as tf.Variable).data(), values, 1e-6)
      }
    }
    optimizer.dispose()
    for (const parameter of parameters.values()) parameter.dispose()
  })

  it.each(fixture.runs)('$optimizer with $options does the same when traced', async (run) => {
    const [eager, traced] = [variables(), variables()]
    const make = (parameters: Map<string, tf.Variable>): Optimizer =>
      new optimizers[run.optimizer](parameters, run.options)
    const [one, other] = [make(eager), make(traced)]
    const apply = jit((gradients: Record<string, tf.Tensor>, learningRate: tf.Tensor, step: tf.Tensor) => {
      other.apply(new Map(Object.entries(gradients)), learningRate, step)
      return tf.add(step, 1)
    })
    for (const [step, rate] of fixture.learningRates.entries()) {
      tf.tidy(() => {
        one.apply(gradientsAt(step), tf.scalar(rate), tf.scalar(step + 1, 'int32'))
        apply(Object.fromEntries(gradientsAt(step)), tf.scalar(rate), tf.scalar(step + 1, 'int32'))
      })
    }
    expect(apply.traces).toBe(1)
    for (const [name, variable] of [...eager, ...one.state()]) {
      const same = traced.get(name) ?? (other.state().get(name) as tf.Variable)
      expectClose(await same.data(), [...(await variable.data())], 1e-6)
    }
  })

  it.each(fixture.runs)('$optimizer with $options continues from its state as if it had not stopped', async (run) => {
    const make = (parameters: Map<string, tf.Variable>): Optimizer =>
      new optimizers[run.optimizer](parameters, run.options)
    const apply = (optimizer: Optimizer, step: number) =>
      tf.tidy(() => optimizer.apply(gradientsAt(step - 1), tf.scalar(0.01), tf.scalar(step, 'int32')))
    const [whole, part] = [variables(), variables()]
    const [first, before] = [make(whole), make(part)]
    for (let step = 1; step <= 6; step++) apply(first, step)
    for (let step = 1; step <= 3; step++) apply(before, step)
    const after = make(part)
    const saved = before.state()
    expect([...after.state().keys()]).toEqual([...saved.keys()])
    for (const [name, slot] of after.state()) slot.assign(saved.get(name)?.clone() as tf.Tensor)
    for (let step = 4; step <= 6; step++) apply(after, step)
    for (const [name, variable] of whole) expect(await variable.data()).toEqual(await part.get(name)?.data())
  })

  it('names what it keeps after the parameters', () => {
    const names = (optimizer: Optimizer) => [...optimizer.state()].map(([name, { shape }]) => `${name} ${shape.join()}`)
    expect(names(new AdamW(variables()))).toEqual([
      'first_moment.weight 3,2',
      'first_moment.bias 2',
      'second_moment.weight 3,2',
      'second_moment.bias 2',
    ])
    expect(names(new Adafactor(variables()))).toEqual(['row.weight 3', 'column.weight 2', 'square.bias 2'])
    expect(names(new SGD(variables()))).toEqual([])
  })

  it('factors the last two axes of a convolution, each kernel of it alone', async () => {
    const values = Array.from({ length: 24 }, (_, i) => Math.sin(1 + i))
    const slopes = Array.from({ length: 24 }, (_, i) => Math.cos(3 * i))
    const whole = new Map([['kernels', tf.variable(tf.tensor(values, [2, 3, 4]))]])
    const half = (of: number[], i: number) => tf.tensor(of.slice(12 * i, 12 * i + 12), [3, 4])
    const parts = new Map([0, 1].map((i) => [`${i}`, tf.variable(half(values, i))]))
    // Not relative to the root mean square, and clipped by it nowhere: both are of the whole parameter.
    const options = { relative: false, clip: 1e6 }
    const [one, two] = [new Adafactor(whole, options), new Adafactor(parts, options)]
    for (const step of [1, 2]) {
      const [rate, at] = [tf.scalar(0.1), tf.scalar(step, 'int32')]
      one.apply(new Map([['kernels', tf.tensor(slopes, [2, 3, 4]).mul(step)]]), rate, at)
      two.apply(new Map([0, 1].map((i) => [`${i}`, half(slopes, i).mul(step)])), rate, at)
    }
    const separate = [...parts.values()].flatMap((part) => [...part.dataSync()])
    expectClose(await (whole.get('kernels') as tf.Variable).data(), separate, 1e-6)
  })

  it('decays what it is told to', async () => {
    const parameters = variables()
    const optimizer = new AdamW(parameters, { weightDecay: 0.5, decay: (name) => name === 'bias' })
    const zeros = new Map([...parameters].map(([name, { shape }]) => [name, tf.zeros(shape)]))
    optimizer.apply(zeros, tf.scalar(0.5), tf.scalar(1, 'int32'))
    const { weight = [], bias = [] } = fixture.initial
    expectClose(await (parameters.get('weight') as tf.Variable).data(), weight, 0)
    expectClose(await (parameters.get('bias') as tf.Variable).data(), bias.map((value) => value * 0.75), 1e-7)
  })

  it('refuses impossible options, unknown names and a variable under two names', () => {
    const parameters = variables()
    expect(() => new AdamW(parameters, { beta2: 1 })).toThrow('beta2 must lie between 0 and 1, got 1')
    expect(() => new AdamW(parameters, { epsilon: -1 })).toThrow('epsilon must be 0 or more, got -1')
    expect(() => new SGD(parameters, { momentum: 1 })).toThrow('less than 1, got 1')
    expect(() => new SGD(parameters, { weightDecay: NaN })).toThrow('0 or more, got NaN')
    expect(() => new SGD(parameters, { nesterov: true })).toThrow('needs a momentum above 0, got 0: give one')
    expect(() => new Adam(parameters, { weightDecay: -1 })).toThrow("Adam's weightDecay must be 0 or more, got -1")
    expect(() => new Adagrad(parameters, { initialSum: -1 })).toThrow("Adagrad's initialSum must be 0 or more, got -1")
    expect(() => new RMSProp(parameters, { decay: 0 })).toThrow("RMSProp's decay must lie between 0 and 1, got 0")
    expect(() => new Lion(parameters, { beta1: 1 })).toThrow("Lion's beta1 must lie between 0 and 1, got 1")
    expect(() => new Adafactor(parameters, { clip: 0 })).toThrow("Adafactor's clip must be more than 0, got 0")
    const shared = tf.variable(tf.scalar(1))
    const tied = new Map([['embedding', shared], ['output', shared]])
    expect(() => new SGD(tied)).toThrow('Parameters embedding and output are one variable')
    const optimizer = new SGD(parameters)
    expect(() => optimizer.apply(new Map([['scale', tf.scalar(1)]]), tf.scalar(1))).toThrow('gradient for scale')
  })
})

describe('clipByGlobalNorm', () => {
  it.each(fixture.clipping)('clips to $maxNorm as PyTorch does', async ({ maxNorm, step, norm, gradients: expected }) => {
    const given = gradientsAt(step)
    const clipped = clipByGlobalNorm(given, maxNorm)
    expectClose(await clipped.norm.data(), [norm], 1e-6)
    for (const [name, values] of Object.entries(expected)) {
      expectClose((await clipped.gradients.get(name)?.data()) ?? [], values, 1e-6)
    }
    // The sums over four terms give the same means.
    const sums = new Map([...given].map(([name, gradient]) => [name, tf.mul(gradient, 4)]))
    const means = clipByGlobalNorm(sums, maxNorm, tf.scalar(4))
    expectClose(await means.norm.data(), [norm], 1e-6)
    for (const [name, values] of Object.entries(expected)) {
      expectClose((await means.gradients.get(name)?.data()) ?? [], values, 1e-6)
    }
  })

  it('refuses a norm that is not positive, and no gradients', () => {
    expect(() => clipByGlobalNorm(gradientsAt(0), 0)).toThrow('must be positive, got 0')
    expect(() => clipByGlobalNorm(new Map(), 1)).toThrow('the loss depends on no parameter')
  })
})

describe('trainingStep', () => {
  it('updates by the gradient of the mean, clipped, and leaves no tensor behind', async () => {
    // Least squares by hand: d/dw of mean (w x − y)² = mean 2 x (w x − y).
    const w = tf.variable(tf.tensor1d([1]))
    const unused = tf.variable(tf.tensor1d([5]))
    const parameters = new Map([['w', w], ['unused', unused]])
    const step = trainingStep<{ x: tf.Tensor; y: tf.Tensor }>({
      parameters,
      optimizer: new SGD(parameters),
      loss: ({ x, y }) => ({ sum: tf.sum(tf.square(tf.sub(tf.mul(w, x), y))).asScalar(), count: tf.scalar(x.size) }),
      maxGradientNorm: 10,
    })
    const numbers = { learningRate: tf.scalar(0.1), step: tf.scalar(1, 'int32') }
    const batch = { x: tf.tensor1d([1, 2]), y: tf.tensor1d([3, 5]) }
    const live = tf.memory().numTensors
    const result = step(batch, numbers)
    expect(tf.memory().numTensors).toBe(live + 3)
    expect([...(await result.sum.data()), ...(await result.count.data())]).toEqual([4 + 9, 2])
    expectClose(await result.gradientNorm.data(), [8], 1e-6)
    expectClose(await w.data(), [1 + 0.1 * 8], 1e-6)
    expectClose(await unused.data(), [5], 0)
    tf.dispose(Object.values(result))
  })

  it('gives the gradients by the names of the parameters', async () => {
    const parameters = variables()
    const weight = parameters.get('weight') as tf.Variable
    const { loss, gradients: found } = gradients(() => tf.sum(tf.square(weight)), parameters)
    expect([...found.keys()]).toEqual(['weight'])
    expectClose(await (found.get('weight') as tf.Tensor).data(), (fixture.initial.weight ?? []).map((v) => 2 * v), 1e-6)
    expectClose(await loss.data(), [(fixture.initial.weight ?? []).reduce((sum, v) => sum + v * v, 0)], 1e-6)
  })
})
