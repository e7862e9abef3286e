/** Training in mixed precision: a model of nn, its optimizer and loss scaling, each product rounded to float16. */
import { AdamW, crossEntropy, Embedding, inference, Linear, LossScaling, Module, namedParameters, trainingStep, TransformerEncoderBlock } from '@parlance/nn'
import { jit, Random, tf, useDevice } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { simulateHalf } from '../packages/runtime/src/testing/simulate-half.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

const [ENTRIES, LENGTH, EXAMPLES] = [6, 5, 16]

/** Says which of a sequence's tokens comes first in the alphabet: (N, T) to logits (N, entries). */
class Smallest extends Module {
  tokens = new Embedding({ entries: ENTRIES, width: 16, random: new Random(1, 'tokens') })
  block = new TransformerEncoderBlock({ width: 16, heads: 2, random: new Random(1, 'block') })
  head = new Linear({ inputs: 16, outputs: ENTRIES, random: new Random(1, 'head') })
  forward = (ids: tf.Tensor) => this.head.forward(tf.mean(this.block.forward(this.tokens.forward(ids), inference), 1))
}

interface Batch extends tf.TensorContainerObject {
  ids: tf.Tensor
  labels: tf.Tensor
}

function batch(step: number): Batch {
  const random = new Random(2, 'batch', step)
  const ids = Int32Array.from({ length: EXAMPLES * LENGTH }, () => Math.floor(random.uniform(1)[0] as number * ENTRIES))
  const labels = Int32Array.from({ length: EXAMPLES }, (_, n) => Math.min(...ids.subarray(n * LENGTH, (n + 1) * LENGTH)))
  return { ids: tf.tensor(ids, [EXAMPLES, LENGTH], 'int32'), labels: tf.tensor(labels, [EXAMPLES], 'int32') }
}

/** The mean losses of `steps` steps, the scale after each, and how many updates were skipped. */
function losses(compile: typeof jit, steps: number, lossScaling?: LossScaling) {
  const model = new Smallest()
  const parameters = namedParameters(model)
  const optimizer = new AdamW(parameters)
  const loss = ({ ids, labels }: Batch) => crossEntropy(model.forward(ids), labels)
  const step = compile(trainingStep({ parameters, optimizer, loss, ...(lossScaling ? { lossScaling } : {}) }))
  return Array.from({ length: steps }, (_, i) => {
    const { sum } = step(batch(i + 1), { learningRate: tf.scalar(0.01), step: tf.scalar(i + 1, 'int32') })
    return (sum.dataSync()[0] as number) / EXAMPLES
  })
}

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length

describe('training in mixed precision', () => {
  it('converges as float32 does, skipping what overflows while the scale is being found', () => {
    const steps = 60
    const full = losses(jit, steps)
    // So large that the first gradients overflow float16.
    const scaling = new LossScaling({ initialScale: 2 ** 24 })
    const half = losses(simulateHalf as typeof jit, steps, scaling)
    const skipped = scaling.skipped.dataSync()[0] as number
    expect(skipped).toBeGreaterThan(0)
    expect(skipped).toBeLessThan(15)
    expect(scaling.scale.dataSync()[0]).toBe(2 ** (24 - skipped))
    expect(half.every(Number.isFinite)).toBe(true)
    const [first, last] = [mean(full.slice(0, 5)), mean(full.slice(-10))]
    expect(last).toBeLessThan(first / 2)
    // Behind by the skipped steps at most, and by no more than float16 costs.
    expect(mean(half.slice(-10))).toBeLessThan(first / 2)
  })

  it('follows float32 closely when nothing overflows', () => {
    const full = losses(jit, 20)
    const half = losses(simulateHalf as typeof jit, 20, new LossScaling({ initialScale: 2 ** 10 }))
    // Ten bits of fraction in the products, twenty steps of AdamW.
    half.forEach((value, i) => expect(Math.abs(value - (full[i] as number))).toBeLessThan(0.02))
    expect(half).not.toEqual(full)
  })

  it('needs the loss scaled: without, small gradients vanish', () => {
    const least = 2 ** -26 // half of what float16 still has
    const w = tf.variable(tf.tensor2d([[1], [1]]))
    const step = simulateHalf((x: tf.Tensor, scale: tf.Tensor) => {
      const loss = () => tf.mul(tf.mul(tf.sum(tf.matMul(x as tf.Tensor2D, w as tf.Tensor as tf.Tensor2D)), least), scale) as tf.Scalar
      return tf.div(tf.variableGrads(loss, [w]).grads[w.name] as tf.Tensor, scale)
    })
    const gradient = (scale: number) => [...step(tf.tensor2d([[1, 2]]), tf.scalar(scale)).dataSync()]
    expect(gradient(1)).toEqual([0, 0])
    expect(gradient(2 ** 16)).toEqual([least, 2 * least])
  })
})
