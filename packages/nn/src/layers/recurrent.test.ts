import { jit, Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/recurrent.json' with { type: 'json' }
import { inference, TrainingContext } from '../forward.js'
import { checkGradients } from '../gradient-check.js'
import { loadParameters, type Module, namedParameters } from '../module.js'
import { difference, example, useTestDevice } from '../testing.js'
import { GRU } from './gru.js'
import { LSTM } from './lstm.js'
import type { RecurrentOptions } from './recurrent.js'
import { RNN } from './rnn.js'

beforeAll(useTestDevice)

interface Values {
  shape: number[]
  data: number[]
}
interface Case {
  name: string
  kind: string
  lengths?: number[]
  /** x, h0, c0 and the parameters. */
  inputs: Record<string, Values>
  w: Values
  wh: Values
  wc?: Values
  output: Values
  hn: Values
  cn?: Values
  gradients: Record<string, Values>
}
const STATES = ['x', 'h0', 'c0']
const cases = fixture.cases as object as Case[]
const tensor = ({ shape, data }: Values): tf.Tensor => tf.tensor(data, shape)
const int32 = (values: number[]): tf.Tensor => tf.tensor1d(values, 'int32')

/** The three kinds behind one signature, states stacked as in PyTorch: (layers × directions, N, width). */
type Run = (x: tf.Tensor, h0: tf.Tensor, c0?: tf.Tensor, lengths?: tf.Tensor) => { output: tf.Tensor; hn: tf.Tensor; cn?: tf.Tensor }

function create(kind: string, options: RecurrentOptions, { activation = 'tanh', projection = 0 } = {}): { layer: Module; run: Run } {
  if (kind === 'LSTM') {
    const layer = new LSTM({ ...options, ...(projection > 0 && { projection }) })
    const run: Run = (x, h0, c0, lengths) => {
      const cells = tf.unstack(c0 as tf.Tensor)
      const states = tf.unstack(h0).map((hidden, i) => ({ hidden, cell: cells[i] as tf.Tensor }))
      const { output, state } = layer.forward(x, inference, states, lengths)
      return { output, hn: tf.stack(state.map(({ hidden }) => hidden)), cn: tf.stack(state.map(({ cell }) => cell)) }
    }
    return { layer, run }
  }
  const layer = kind === 'GRU' ? new GRU(options) : new RNN({ ...options, activation: activation as 'tanh' | 'relu' })
  const run: Run = (x, h0, _, lengths) => {
    const { output, state } = layer.forward(x, inference, tf.unstack(h0), lengths)
    return { output, hn: tf.stack(state) }
  }
  return { layer, run }
}

/** The layer of a case, with PyTorch's parameters loaded by their own names. */
function fromFixture({ name, kind, inputs }: Case): { layer: Module; run: Run } {
  const made = create(
    kind,
    {
      inputs: 3,
      hidden: 2,
      random: new Random(1),
      layers: name.includes('two layers') ? 2 : 1,
      bidirectional: name.includes('both directions'),
    },
    { activation: name.includes('ReLU') ? 'relu' : 'tanh', projection: name.includes('projection') ? 1 : 0 },
  )
  const parameters = Object.entries(inputs).filter(([name]) => !STATES.includes(name))
  const values = parameters.map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }] as const)
  loadParameters(made.layer, new Map(values))
  return made
}

describe.each(cases)('$name', (known) => {
  it('agrees with PyTorch: output, final states and all gradients', () => {
    const { layer, run } = fromFixture(known)
    const variables = namedParameters(layer)
    for (const name of STATES) {
      const values = known.inputs[name]
      if (values) variables.set(name, tf.variable(tensor(values)))
    }
    const lengths = known.lengths && int32(known.lengths)
    const forward = () => run(variables.get('x') as tf.Tensor, variables.get('h0') as tf.Tensor, variables.get('c0'), lengths)
    const got = forward()
    expect(got.output.shape).toEqual(known.output.shape)
    expect(difference(got.output, known.output.data)).toBeLessThan(1e-6)
    expect(difference(got.hn, known.hn.data)).toBeLessThan(1e-6)
    if (known.cn) expect(difference(got.cn as tf.Tensor, known.cn.data)).toBeLessThan(1e-6)

    const { grads } = tf.variableGrads(() => {
      const { output, hn, cn } = forward()
      const sums = [tf.sum(tf.mul(output, tensor(known.w))), tf.sum(tf.mul(hn, tensor(known.wh)))]
      if (known.wc) sums.push(tf.sum(tf.mul(cn as tf.Tensor, tensor(known.wc))))
      return tf.addN(sums) as tf.Scalar
    })
    expect([...variables.keys()].sort()).toEqual(Object.keys(known.gradients).sort())
    for (const [name, variable] of variables) {
      expect(difference(grads[variable.name] as tf.Tensor, (known.gradients[name] as Values).data)).toBeLessThan(1e-5)
    }
    for (const variable of variables.values()) variable.dispose()
  })
})

const kinds = [
  ['RNN', {}],
  ['RNN', { activation: 'relu' }],
  ['GRU', {}],
  ['LSTM', {}],
  ['LSTM', { projection: 2 }],
] as const
const options = { inputs: 2, hidden: 3, layers: 2, random: new Random(2) }

describe.each(kinds)('%s %o', (kind, own) => {
  const zeros = (directions: number, examples: number) => {
    const width = 'projection' in own ? own.projection : 3
    return [tf.zeros([2 * directions, examples, width]), tf.zeros([2 * directions, examples, 3])] as const
  }

  it('has gradients that agree with differences, in both directions with lengths', async () => {
    const { layer, run } = create(kind, { ...options, bidirectional: true }, own)
    const x = example([2, 3, 2])
    const lengths = int32([3, 2])
    // ReLU bends: a short step stays on one side of the bends.
    const epsilon = 'activation' in own ? 0.002 : 0.01
    const outputs = () => {
      const { output, hn, cn } = run(x, ...zeros(2, 2), lengths)
      return tf.concat([output, hn, ...(cn ? [cn] : [])].map((part) => tf.reshape(part, [-1])), 0)
    }
    expect(await checkGradients(outputs, [x, ...namedParameters(layer).values()], { epsilon })).toBeLessThan(2e-3)
  })

  it('goes on from its state as if the sequence had not been cut', () => {
    const { run } = create(kind, options, own)
    const x = example([2, 5, 2])
    const [first, second] = tf.split(x, [2, 3], 1) as [tf.Tensor, tf.Tensor]
    const head = run(first, ...zeros(1, 2))
    const tail = run(second, head.hn, head.cn)
    const whole = run(x, ...zeros(1, 2))
    expect(difference(tf.concat([head.output, tail.output], 1), [...whole.output.dataSync()])).toBeLessThan(1e-6)
    expect(difference(tail.hn, [...whole.hn.dataSync()])).toBeLessThan(1e-6)
  })

  it('leaves the state of an example of no steps as it was', () => {
    const { run } = create(kind, options, own)
    const [hidden, cell] = zeros(1, 2).map((state) => tf.add(state, 0.5)) as [tf.Tensor, tf.Tensor]
    const { hn, cn } = run(example([2, 3, 2]), hidden, cell, int32([0, 2]))
    for (const state of [hn, ...(cn ? [cn] : [])]) {
      const [none, two] = tf.split(state, 2, 1) as [tf.Tensor, tf.Tensor]
      expect([...none.dataSync()].every((value) => value === 0.5)).toBe(true)
      expect([...two.dataSync()].some((value) => value === 0.5)).toBe(false)
    }
  })

  it('gives a padded example what it gives it alone, whatever the padding holds', () => {
    const { run } = create(kind, { ...options, bidirectional: true }, own)
    const x = example([1, 3, 2])
    const alone = run(x, ...zeros(2, 1))
    const padding = tf.fill([1, 2, 2], Number.NaN)
    const batch = tf.concat([tf.concat([x, padding], 1), example([1, 5, 2], 1), tf.fill([1, 5, 2], 1e9)], 0)
    const padded = run(batch, ...zeros(2, 3), int32([3, 5, 0]))
    const [own1, after] = tf.split(tf.slice(padded.output, [0, 0, 0], [1, -1, -1]), [3, 2], 1) as [tf.Tensor, tf.Tensor]
    expect(difference(own1, [...alone.output.dataSync()])).toBeLessThan(1e-6)
    expect([...after.dataSync()].every((value) => value === 0)).toBe(true)
    expect(difference(tf.slice(padded.hn, [0, 0, 0], [-1, 1, -1]), [...alone.hn.dataSync()])).toBeLessThan(1e-6)
    // An example of no steps: outputs and states are those of the beginning.
    expect([...tf.slice(padded.hn, [0, 2, 0]).dataSync()].every((value) => value === 0)).toBe(true)
  })

  it('gives the same traced, with dropout between layers and on the recurrent weights', () => {
    const { layer } = create(kind, { ...options, dropout: 0.5, weightDropout: 0.5, bidirectional: true }, own)
    const x = example([2, 4, 2])
    const forward = (step: tf.Tensor): tf.Tensor => {
      const context = new TrainingContext({ seed: 3, step, examples: int32([0, 1]) })
      return (layer as GRU).forward(x, context).output
    }
    const traced = jit(forward)
    const [one, two] = [tf.scalar(1, 'int32'), tf.scalar(2, 'int32')]
    expect(difference(traced(one), [...forward(one).dataSync()])).toBeLessThan(1e-6)
    expect(difference(traced(two), [...forward(two).dataSync()])).toBeLessThan(1e-6)
    expect(difference(traced(one), [...forward(two).dataSync()])).toBeGreaterThan(1e-3)
    expect(traced.traces).toBe(1)
    traced.dispose()
  })
})

describe('recurrent layers', () => {
  it('drop recurrent weights as if they were zero, the others scaled', () => {
    const random = new Random(5)
    const rate = 0.25
    const dropping = new GRU({ inputs: 2, hidden: 8, weightDropout: rate, random })
    const plain = new GRU({ inputs: 2, hidden: 8, random })
    const key = { seed: 1, step: tf.scalar(7, 'int32'), examples: int32([0, 1]) }
    const weight = namedParameters(plain).get('weight_hh_l0') as tf.Variable
    const masked = new TrainingContext(key).weightDropout(weight, rate)
    const kept = [...weight.dataSync()].map((value, i) => [value / (1 - rate), masked.dataSync()[i] as number] as const)
    for (const [value, got] of kept) if (got !== 0) expect(got).toBeCloseTo(value, 6)
    const dropped = kept.filter(([, got]) => got === 0).length
    expect(Math.abs(dropped - rate * 192)).toBeLessThan(4 * Math.sqrt(192 * rate * (1 - rate))) // four deviations
    weight.assign(masked)
    const x = example([2, 3, 2])
    const wanted = plain.forward(x, inference).output
    expect(difference(dropping.forward(x, new TrainingContext(key)).output, [...wanted.dataSync()])).toBeLessThan(1e-6)
  })

  it('reject what they cannot use', () => {
    const lstm = new LSTM({ inputs: 3, hidden: 4, layers: 2, bidirectional: true, random: new Random(1) })
    expect(() => lstm.forward(tf.zeros([1, 2, 4]), inference)).toThrow('LSTM was built for inputs of width 3, got 4')
    expect(() => lstm.forward(tf.zeros([1, 2, 3]), inference, [])).toThrow('LSTM needs 4 states, one per layer and direction, got 0')
    expect(() => lstm.forward(tf.zeros([2, 3]), inference)).toThrow('(N, T, inputs) must have 3 axes, got shape [2, 3]')
    expect(() => lstm.forward(tf.zeros([2, 2, 3]), inference, undefined, int32([1]))).toThrow(
      'Lengths must be int32 and one for each of 2 examples, got 1 of int32',
    )
    expect(() => new LSTM({ inputs: 3, hidden: 4, projection: 0, random: new Random(1) })).toThrow('projection of LSTM must be')
    expect(() => new GRU({ inputs: 0, hidden: 4, random: new Random(1) })).toThrow('inputs of GRU must be a whole number')
  })
})
