import { jit, Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Forward, TrainingContext } from './forward.js'
import { gradients } from './training/gradients.js'
import { LSTM } from './layers/lstm.js'
import { Linear } from './layers/linear.js'
import { causalMask } from './layers/masks.js'
import { TransformerEncoderBlock } from './layers/transformer.js'
import { crossEntropy } from './losses/cross-entropy.js'
import { ctcLoss } from './losses/ctc.js'
import { Module, namedParameters } from './module.js'
import { difference, example, useTestDevice } from './testing.js'

beforeAll(useTestDevice)

class Model extends Module {
  readonly lstm = new LSTM({ inputs: 4, hidden: 4, layers: 2, dropout: 0.5, random: new Random(1, 'lstm') })
  readonly block = new TransformerEncoderBlock({ width: 4, heads: 2, dropout: 0.5, random: new Random(1, 'block') })
  readonly head = new Linear({ inputs: 4, outputs: 5, random: new Random(1, 'head') })

  logits(x: tf.Tensor, context: Forward): tf.Tensor {
    const { output } = this.lstm.forward(x, context)
    return this.head.forward(this.block.forward(output, context, causalMask(x.shape[1] as number)))
  }
}

describe('a traced training pass', () => {
  const model = (): Model => new Model()
  const targets = (): tf.Tensor => tf.tensor1d([0, 1, 2, 3, 4, 0], 'int32')
  const labels = (): tf.Tensor => tf.tensor2d([[1, 2], [3, 0]], [2, 2], 'int32')
  const lengths = (a: number, b: number): tf.Tensor => tf.tensor1d([a, b], 'int32')

  function pass(model: Model): (x: tf.Tensor, step: tf.Tensor) => { loss: tf.Tensor; gradients: tf.Tensor[] } {
    const [wanted, spelt, inputs, counts] = [targets(), labels(), lengths(3, 2), lengths(2, 1)]
    return (x, step) =>
      tf.tidy(() => {
        const context = new TrainingContext({ seed: 1, step, examples: tf.tensor1d([0, 1], 'int32') })
        const found = gradients(() => {
          const logits = model.logits(x, context)
          const tokens = crossEntropy(tf.reshape(logits, [6, 5]), wanted, { labelSmoothing: 0.1 }).sum
          return tf.add(tokens, tf.sum(ctcLoss(logits, spelt, inputs, counts))) as tf.Scalar
        }, namedParameters(model))
        return { loss: found.loss, gradients: [...found.gradients.values()] }
      })
  }

  it('gives the loss and the gradients of the eager one, with new dropout masks at every step', () => {
    const eager = pass(model())
    const traced = jit(pass(model()))
    const x = example([2, 3, 4])
    const losses = [1, 2].map((number) => {
      const step = tf.scalar(number, 'int32')
      const wanted = eager(x, step)
      const got = traced(x, step)
      expect(difference(got.loss, [...wanted.loss.dataSync()])).toBeLessThan(1e-5)
      for (const [i, gradient] of got.gradients.entries()) {
        expect(difference(gradient, [...(wanted.gradients[i] as tf.Tensor).dataSync()])).toBeLessThan(1e-5)
      }
      return got.loss.dataSync()[0]
    })
    expect(traced.traces).toBe(1)
    expect(losses[0]).not.toBe(losses[1])
    traced.dispose()
  })

  it('leaves nothing behind', () => {
    const traced = jit(pass(model()))
    const x = example([2, 3, 4])
    const step = tf.scalar(1, 'int32')
    tf.dispose(traced(x, step) as unknown as tf.TensorContainer)
    const before = tf.memory().numTensors
    for (let i = 0; i < 3; i++) tf.dispose(traced(x, step) as unknown as tf.TensorContainer)
    expect(tf.memory().numTensors).toBe(before)
    traced.dispose()
  })
})
