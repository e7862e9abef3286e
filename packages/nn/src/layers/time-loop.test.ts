import { inferenceGraph, jit, Random, tf } from '@parlance/runtime'
import { GraphSession, type GraphTensor } from '@parlance/runtime/session'
import { beforeAll, describe, expect, it } from 'vitest'
import { inference } from '../forward.js'
import { gradients } from '../training/gradients.js'
import { type Module, namedParameters } from '../module.js'
import { difference, example, useTestDevice } from '../testing.js'
import { GRU } from './gru.js'
import { LSTM } from './lstm.js'
import { RNN } from './rnn.js'
import { before, timeLoop } from './time-loop.js'

beforeAll(useTestDevice)

const options = { inputs: 2, hidden: 3, layers: 2, bidirectional: true, random: new Random(4) }
const layers = {
  RNN: () => new RNN(options),
  GRU: () => new GRU(options),
  LSTM: () => new LSTM(options),
  'LSTM with projection': () => new LSTM({ ...options, projection: 2 }),
}
const EXAMPLES = 2
/** Enough that the compiled function scans, while the eager one has all steps in its graph. */
const STEPS = 12

describe.each(Object.entries(layers))('%s over many steps', (_, create) => {
  const weigh = (layer: Module, x: tf.Tensor, lengths: tf.Tensor) => {
    // Gradients through the outputs and through the last states.
    const { output, state } = (layer as GRU).forward(x, inference, undefined, lengths)
    const all = [output, ...(state as object[] as (tf.Tensor | { cell: tf.Tensor })[]).map((last) => ('cell' in last ? last.cell : last))]
    return tf.addN(all.map((part, i) => tf.sum(tf.mul(part, tf.cos(tf.add(part, i + 1)))))) as tf.Scalar
  }

  it('has the same loss and gradients as one operator that repeats a step as with its steps written out', () => {
    const layer = create()
    const parameters = namedParameters(layer).set('x', example([EXAMPLES, STEPS, 2]))
    const lengths = tf.tensor1d([STEPS, 9], 'int32')
    const both = () => {
      const { loss, gradients: named } = gradients(() => weigh(layer, parameters.get('x') as tf.Variable, lengths), parameters)
      return { loss, gradients: Object.fromEntries(named) }
    }
    const traced = jit(both)
    const operators = jit.explain(traced).operators.map(({ operator }) => operator)
    expect(operators).toContain('Scan')
    const [wanted, got] = [both(), traced()]
    expect(difference(got.loss, [...wanted.loss.dataSync()])).toBeLessThan(1e-5)
    expect(Object.keys(got.gradients)).toEqual([...parameters.keys()])
    for (const [name, gradient] of Object.entries(got.gradients)) {
      expect(difference(gradient, [...(wanted.gradients[name] as tf.Tensor).dataSync()])).toBeLessThan(1e-5)
    }
    traced.dispose()
    for (const variable of parameters.values()) variable.dispose()
  })
})

it('runs in an inference graph for any number of examples', () => {
  const layer = new GRU(options)
  const forward = (x: tf.Tensor): tf.Tensor => layer.forward(x, inference).output
  const graph = inferenceGraph(({ x }) => ({ y: forward(x as tf.Tensor) }), { x: { shape: ['N', STEPS, 2], dtype: 'float32' } })
  const session = GraphSession.load(graph.toOnnx('embedded'), { threads: 1 })
  for (const examples of [1, 4]) {
    const x = example([examples, STEPS, 2])
    const result = session.run({ x: { data: x.dataSync() as Float32Array, shape: x.shape } })
    const { shape, data } = result.y as GraphTensor
    expect(shape).toEqual([examples, STEPS, 6])
    expect(difference(forward(x), [...(data as Float32Array)])).toBeLessThan(1e-6)
  }
  session.dispose()
})

describe('timeLoop', () => {
  const x = () => tf.tensor2d([[1], [2], [3], [4], [5], [6]])
  const sum = (reverse: boolean) =>
    timeLoop({ steps: 3, initial: [tf.zeros([2, 1])], sequences: [x()], reverse }, ([total], [rows]) => {
      const next = tf.add(total as tf.Tensor, rows as tf.Tensor)
      return { state: [next], outputs: [next] }
    })

  it('takes the rows of a step at a time, from either end', () => {
    const forward = sum(false)
    expect([...(forward.outputs[0] as tf.Tensor).dataSync()]).toEqual([1, 2, 4, 6, 9, 12])
    expect([...(forward.state[0] as tf.Tensor).dataSync()]).toEqual([9, 12])
    const backward = sum(true)
    expect([...(backward.outputs[0] as tf.Tensor).dataSync()]).toEqual([9, 12, 8, 10, 5, 6])
    expect([...(backward.state[0] as tf.Tensor).dataSync()]).toEqual([9, 12])
  })

  it('knows what stood before each step', () => {
    const initial = tf.tensor2d([[-1], [-2]])
    expect([...before(initial, x()).dataSync()]).toEqual([-1, -2, 1, 2, 3, 4])
    expect([...before(initial, tf.slice(x(), [0, 0], [2, 1])).dataSync()]).toEqual([-1, -2])
  })
})
