import { AdamW, checkGradients, ctcLoss, inference, namedParameters } from '@parlance/nn'
import { jit, Random, tf, useDevice } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import type { SpeechBatch } from './batches.js'
import { CtcModel } from './model.js'
import { recognizerStep, trainable } from './train-recognizer.js'
import losses from './fixtures/ten-steps.json' with { type: 'json' }

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

const encoder = { width: 8, layers: 1, heads: 2, attentionContext: 2, positionKernel: 3, dropout: 0.1 }
const sizes = { bins: 5, vocabSize: 4 }

function tinyModel(): CtcModel {
  const model = new CtcModel({ encoder, ...sizes, random: new Random(3, 'model') })
  model.setNormalization({ frames: 1, mean: [1, 2, 3, 4, 5], deviation: [1, 2, 0.5, 1, 3] })
  return model
}

/** Seeded features of these lengths, padded to `frames` with `padding`. */
function features(lengths: number[], frames: number, padding = 0): Float32Array {
  const data = new Float32Array(lengths.length * frames * sizes.bins).fill(padding)
  for (const [n, length] of lengths.entries()) {
    data.set(new Random(7, 'features', n).normal(length * sizes.bins, 3, 2), n * frames * sizes.bins)
  }
  return data
}

function int(values: number[]): tf.Tensor {
  return tf.tensor1d(values, 'int32')
}

/** Logits of each utterance's own frames. */
function logitsOf(model: CtcModel, lengths: number[], frames: number, padding: number): number[][] {
  return tf.tidy(() => {
    const x = tf.tensor3d(features(lengths, frames, padding), [lengths.length, frames, sizes.bins])
    const { logits, lengths: encoded } = model.forward(x, int(lengths), inference)
    const rows = logits.arraySync() as number[][][]
    return [...encoded.dataSync()].map((length, n) => (rows[n] as number[][]).slice(0, length).flat())
  })
}

describe('CtcModel', () => {
  it('has the gradient that differences show', async () => {
    const model = tinyModel()
    const lengths = [21, 16]
    const x = tf.tensor3d(features(lengths, 24), [2, 24, sizes.bins])
    const labels = tf.tensor2d([[1, 2, 2], [3, 1, 0]], [2, 3], 'int32')
    const loss = () =>
      tf.tidy(() => {
        const { logits, lengths: encoded } = model.forward(x, int(lengths), inference)
        return tf.sum(ctcLoss(logits, labels, encoded, int([3, 2])))
      })
    const variables = [...trainable(namedParameters(model)).values()]
    expect(variables.length).toBeGreaterThan(20)
    // A short step: the layer norms after near-zero activations bend sharply.
    expect(await checkGradients(loss, variables, { epsilon: 0.003 })).toBeLessThan(1e-3)
  })

  it('gives an utterance the same logits alone and in any batch', () => {
    const model = tinyModel()
    const lengths = [21, 1, 30, 16, 2]
    const batched = logitsOf(model, lengths, 33, 1e4)
    const wider = logitsOf(model, lengths, 57, -50)
    for (const [n, length] of lengths.entries()) {
      expect(batched[n]).toHaveLength(Math.ceil(Math.ceil(length / 2) / 2) * sizes.vocabSize)
      const x = features(lengths, 57).slice(n * 57 * sizes.bins, (n * 57 + length) * sizes.bins)
      const alone = tf.tidy(() => {
        const input = tf.tensor3d(x, [1, length, sizes.bins])
        return [...model.forward(input, int([length]), inference).logits.dataSync()]
      })
      // Sums of products may be taken in another order at another size.
      for (const [i, value] of alone.entries()) {
        expect(Math.abs(value - (batched[n]?.[i] as number))).toBeLessThan(1e-5)
        expect(Math.abs(value - (wider[n]?.[i] as number))).toBeLessThan(1e-5)
      }
    }
  })

  it('learns as it did when its first ten losses were stored', () => {
    const model = tinyModel()
    const optimizer = new AdamW(trainable(namedParameters(model)))
    const step = jit(recognizerStep(model, optimizer, { maxGradientNorm: 5, seed: 1 }))
    const lengths = [21, 16, 24, 9]
    const seen = Array.from({ length: 10 }, (_, i) =>
      tf.tidy(() => {
        const batch: SpeechBatch = {
          features: tf.tensor3d(features(lengths, 24), [4, 24, sizes.bins]),
          frames: int(lengths),
          labels: tf.tensor2d([[1, 2, 2], [3, 1, 0], [1, 1, 0], [2, 0, 0]], [4, 3], 'int32'),
          labelLengths: int([3, 2, 2, 1]),
          examples: int([0, 1, 2, 3]),
        }
        const { sum, count } = step(batch, { learningRate: tf.scalar(0.01), step: tf.scalar(i + 1, 'int32') })
        return (sum.dataSync()[0] as number) / (count.dataSync()[0] as number)
      }),
    )
    expect(seen[9]).toBeLessThan((seen[0] as number) / 2)
    for (const [i, loss] of losses.entries()) expect(Math.abs(loss - (seen[i] as number)), `${seen}`).toBeLessThan(1e-4)
  })
})
