import { differentiableLoop, factorProduct, namedParameters } from '@parlance/nn'
import { jit, Random, tf, useDevice } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { AttentionalCell } from './attentional-cell.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

const [examples, sources, steps, width] = [2, 3, 9, 4]
const random = new Random(7)
const tensor = (...shape: number[]) => tf.tensor(random.normal(shape.reduce((a, b) => a * b, 1)), shape)

/** The number i of a tensor is 0.6 · sin(0.7 i + k). */
function pattern(k: number, ...shape: number[]): tf.Tensor {
  return tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 0.6 * Math.sin(0.7 * i + k)), shape)
}

/**
 * PyTorch 1.13 in float64: h, c = torch.nn.LSTMCell(6, 3)(cat([x, fed]), (h, c)), scores h1 @ (m @ Wa.T).T, h1 @ m.T and
 * torch.tanh(h1 @ Wq.T + m @ Wa.T) @ v, softmax(scores + mask), torch.tanh(cat([a @ m, h1]) @ Wc.T).
 */
const pytorch = {
  general: { attention: [0.3026293, 0.3512407, 0.3461301, 0], attentional: [-0.1002415, -0.0911898, 0.1879797] },
  dot: { attention: [0.3453821, 0.2814194, 0.3731985, 0], attentional: [-0.1088177, -0.0156287, 0.1239353] },
  additive: { attention: [0.2942793, 0.4318252, 0.2738955, 0], attentional: [-0.0699265, -0.1819334, 0.2453309] },
  hidden: [0.0561908, -0.245321, -0.0823061],
  cell: [0.0680254, -0.358133, -0.3125241],
}

describe.each(['general', 'dot', 'additive'] as const)('AttentionalCell, %s', (attention) => {
  it('computes what PyTorch computes', () => {
    const [w, s] = [3, 4]
    const layer = new AttentionalCell({ width: w, attention, random: new Random(3) })
    const values = {
      'input.weight': pattern(6, 4 * w, w), 'input.bias': pattern(7, 4 * w), 'recurrent.weight': pattern(8, 4 * w, 2 * w),
      'key.weight': pattern(9, w, w), 'query.weight': pattern(10, w, w), score: pattern(11, w), 'combine.weight': pattern(12, w, 2 * w),
    }
    for (const [name, variable] of namedParameters(layer)) variable.assign(values[name as keyof typeof values])
    const memory = pattern(5, 1, s, w)
    const keys = layer.keys(memory)
    const factors = layer.factors(keys, tf.transpose(memory, [0, 2, 1]))
    const got = layer.step({
      state: [pattern(2, 1, w), pattern(3, 1, w), pattern(4, 1, w)],
      rows: [layer.input.forward(pattern(1, 1, w))],
      times: (i, x) => factorProduct(factors[i] as tf.Tensor, x),
      shared: layer.shared(keys),
      constants: [tf.tensor2d([0, 0, 0, -1e9], [1, s])],
    })
    const pairs = [
      [got.attention, pytorch[attention].attention],
      [got.state[0], pytorch[attention].attentional],
      [got.state[1], pytorch.hidden],
      [got.state[2], pytorch.cell],
    ] as const
    // seven digits of float64 against float32
    for (const [tensor, wanted] of pairs) {
      const values = tensor.dataSync()
      for (const [i, value] of wanted.entries()) expect(Math.abs((values[i] as number) - value)).toBeLessThan(1e-6)
    }
  })

  it('has in its loop the values and gradients that TF.js gives its steps written out', () => {
    const cell = new AttentionalCell({ width, attention, random: new Random(3) })
    const [memory, x] = [tensor(examples, sources, width), tensor(steps * examples, width)]
    const initial = [tensor(examples, width), tensor(examples, width), tensor(examples, width)]
    const mask = tf.tensor2d([0, 0, 0, 0, 0, -1e9], [examples, sources])
    const loop = (memory: tf.Tensor, x: tf.Tensor): tf.Tensor => {
      const keys = cell.keys(memory)
      return differentiableLoop(
        {
          steps,
          initial,
          sequences: [cell.input.forward(x)],
          factors: cell.factors(keys, tf.transpose(memory, [0, 2, 1])),
          shared: cell.shared(keys),
          constants: [mask],
        },
        (given) => cell.step(given).state,
      )
    }
    const plain = (memory: tf.Tensor, x: tf.Tensor): tf.Tensor => {
      const keys = cell.keys(memory)
      const factors = cell.factors(keys, tf.transpose(memory, [0, 2, 1]))
      let state = initial
      const outputs = tf.split(cell.input.forward(x), steps, 0).map((gates) => {
        const times = (i: number, x: tf.Tensor) => factorProduct(factors[i] as tf.Tensor, x)
        state = cell.step({ state, rows: [gates], times, shared: cell.shared(keys), constants: [mask] }).state
        return state[0] as tf.Tensor
      })
      return tf.concat(outputs, 0)
    }
    const variables = [...namedParameters(cell).values()]
    const differentiated = (run: typeof loop) => () => {
      const { value, grads } = tf.variableGrads(() => tf.sum(tf.mul(run(memory, x), tf.cos(tf.add(run(memory, x), 1)))) as tf.Scalar, variables)
      return [value, ...variables.map(({ name }) => grads[name] as tf.Tensor)]
    }
    const [got, wanted] = [jit(differentiated(loop))(), differentiated(plain)()]
    const names = ['value', ...namedParameters(cell).keys()]
    for (const [i, expected] of wanted.entries()) {
      const values = (got[i] as tf.Tensor).dataSync()
      // Sums of float32 in another order; gradients of up to about 10
      for (const [j, value] of expected.dataSync().entries()) expect(Math.abs((values[j] as number) - value), names[i] as string).toBeLessThan(2e-5)
    }
  })
})
