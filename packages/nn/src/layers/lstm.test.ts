import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import fixture from '../fixtures/lstm.json' with { type: 'json' }
import { inference } from '../forward.js'
import { checkGradients } from '../gradient-check.js'
import { namedParameters } from '../module.js'
import { difference, example, useTestDevice } from '../testing.js'
import { LSTM, type LSTMState } from './lstm.js'

beforeAll(useTestDevice)

interface Values {
  shape: number[]
  data: number[]
}
const tensor = ({ shape, data }: Values): tf.Tensor => tf.tensor(data, shape)
const given: Record<string, Values> = fixture.parameters
const wanted: Record<string, Values> = fixture.gradients

/** An LSTM with PyTorch's weights: its two bias vectors are one here. */
function fromFixture(): LSTM {
  const lstm = new LSTM({ inputs: 3, hidden: 4, layers: 2, random: new Random(1) })
  for (const [i, layer] of lstm.layers.entries()) {
    layer.inputWeight.assign(tensor(given[`weight_ih_l${i}`] as Values))
    layer.recurrentWeight.assign(tensor(given[`weight_hh_l${i}`] as Values))
    layer.bias.assign(tf.add(tensor(given[`bias_ih_l${i}`] as Values), tensor(given[`bias_hh_l${i}`] as Values)))
  }
  return lstm
}

function states(h0: tf.Tensor, c0: tf.Tensor): LSTMState[] {
  const hidden = tf.unstack(h0)
  const cell = tf.unstack(c0)
  return hidden.map((hidden, i) => ({ hidden, cell: cell[i] as tf.Tensor }))
}

describe('LSTM', () => {
  it('agrees with PyTorch: outputs, final states and all gradients', () => {
    const lstm = fromFixture()
    const x = tf.variable(tensor(fixture.x))
    const h0 = tf.variable(tensor(fixture.h0))
    const c0 = tf.variable(tensor(fixture.c0))
    const { output, state } = lstm.forward(x, inference, states(h0, c0))
    expect(difference(output, fixture.output.data)).toBeLessThan(1e-5)
    expect(difference(tf.stack(state.map(({ hidden }) => hidden)), fixture.hn.data)).toBeLessThan(1e-5)
    expect(difference(tf.stack(state.map(({ cell }) => cell)), fixture.cn.data)).toBeLessThan(1e-5)

    const { grads } = tf.variableGrads(() => {
      const run = lstm.forward(x, inference, states(h0, c0))
      const cells = tf.stack(run.state.map(({ cell }) => cell))
      return tf.add(
        tf.sum(tf.mul(run.output, tensor(fixture.w))),
        tf.sum(tf.mul(cells, tensor(fixture.wc))),
      ) as tf.Scalar
    })
    const gradient = (variable: tf.Variable): tf.Tensor => grads[variable.name] as tf.Tensor
    expect(difference(gradient(x), fixture.gradients.x.data)).toBeLessThan(1e-5)
    expect(difference(gradient(h0), fixture.gradients.h0.data)).toBeLessThan(1e-5)
    expect(difference(gradient(c0), fixture.gradients.c0.data)).toBeLessThan(1e-5)
    for (const [i, layer] of lstm.layers.entries()) {
      expect(difference(gradient(layer.inputWeight), (wanted[`weight_ih_l${i}`] as Values).data)).toBeLessThan(1e-5)
      expect(difference(gradient(layer.recurrentWeight), (wanted[`weight_hh_l${i}`] as Values).data)).toBeLessThan(1e-5)
      expect(difference(gradient(layer.bias), (wanted[`bias_ih_l${i}`] as Values).data)).toBeLessThan(1e-5)
    }
  })

  it('has gradients that agree with differences', async () => {
    const lstm = new LSTM({ inputs: 2, hidden: 3, random: new Random(2) })
    const x = example([2, 3, 2])
    const error = await checkGradients(() => lstm.forward(x, inference).output, [x, ...namedParameters(lstm).values()])
    expect(error).toBeLessThan(1e-3)
  })

  it('goes on from its state as if the sequence had not been cut', () => {
    const lstm = fromFixture()
    const x = tensor(fixture.x)
    const [first, second] = tf.split(x, [2, 3], 1) as [tf.Tensor, tf.Tensor]
    const head = lstm.forward(first, inference)
    const tail = lstm.forward(second, inference, head.state)
    const whole = lstm.forward(x, inference).output
    expect(difference(tf.concat([head.output, tail.output], 1), [...whole.dataSync()])).toBeLessThan(1e-6)
  })

  it('rejects another width and another number of states', () => {
    const lstm = fromFixture()
    expect(() => lstm.forward(tf.zeros([1, 2, 4]), inference)).toThrow('LSTM was built for inputs of width 3, got 4')
    expect(() => lstm.forward(tf.zeros([1, 2, 3]), inference, [])).toThrow('LSTM of 2 layers needs as many states, got 0')
    expect(() => lstm.forward(tf.zeros([2, 3]), inference)).toThrow('(N, T, inputs) must have 3 axes, got shape [2, 3]')
  })
})
