import { AdamW, checkGradients, inference, namedParameters } from '@parlance/nn'
import { jit, tf, useDevice } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import type { TrainingOptions } from '../config.js'
import fixture from '../fixtures/ten-steps.json' with { type: 'json' }
import { recognizerStep, trainable } from '../training/train-recognizer.js'
import { recognizerLoss } from './loss.js'
import { int, tinyBatch, tinyFeatures, tinyModel } from '../testing/tiny.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

const models: Record<string, TrainingOptions> = {
  'CTC, transformer': {},
  'CTC, conformer': { encoder: { type: 'conformer' } },
  'CTC, causal conformer, subsampling 2': { encoder: { type: 'conformer', causal: true, subsampling: 2 } },
  'CTC, LSTM in both directions': { encoder: { type: 'lstm' } },
  'transducer, causal LSTM': { architecture: 'transducer', encoder: { type: 'lstm', causal: true } },
  'CTC, causal LSTM with a running mean': { encoder: { type: 'lstm', causal: true, runningMean: true } },
  'transducer with LSTM predictor and CTC': {
    architecture: 'transducer', ctcWeight: 0.3, encoder: { type: 'conformer', causal: true }, transducer: { predictor: 'lstm' },
  },
  'pruned transducer': { architecture: 'transducer', transducer: { loss: 'pruned', pruneWarmupSteps: 5 } },
  'token-and-duration transducer': { architecture: 'transducer', transducer: { durations: [0, 1, 2] } },
  'attention decoder with CTC': { architecture: 'attention', ctcWeight: 0.3 },
}
const losses: Record<string, number[]> = fixture

describe.each(Object.entries(models))('%s', (name, options) => {
  it('has the gradient that differences show', async () => {
    const model = tinyModel(options)
    // A smaller sum is rounded less.
    const batch = tinyBatch(options.architecture === 'attention' ? 1 : 2)
    const loss = jit(() => recognizerLoss(model, batch, tf.scalar(3, 'int32'), inference).sum)
    const all = [...trainable(namedParameters(model))]
    // Beside it, a derivative that is zero in truth, such as a key bias's, is small.
    const head = all.find(([name]) => /^(ctc|transducer.output|attention.embedding).weight$/.test(name))?.[1] as tf.Variable
    const worst: [number, string] = [0, '']
    for (const [name, variable] of all) {
      // A short step where everything behind bends, or a longer one where float32 sees little change.
      const errors: number[] = []
      for (const epsilon of [0.005, 0.01, 0.02, 0.04]) {
        errors.push(await checkGradients(loss, [variable, head], { epsilon, directions: 2 }))
        if ((errors.at(-1) as number) < 1e-3) break
      }
      if (Math.min(...errors) > worst[0]) worst.splice(0, 2, Math.min(...errors), name)
    }
    expect(worst[0], worst[1]).toBeLessThan(1e-3)
  }, 300_000)

  it('encodes an utterance the same alone and in any batch', () => {
    const model = tinyModel(options)
    const lengths = [21, 1, 30, 16, 2]
    const encode = (features: tf.Tensor, lengths: readonly number[]): number[][] =>
      tf.tidy(() => {
        const { encoded, lengths: inside } = model.encode(features, int(lengths), inference)
        const rows = encoded.arraySync() as number[][][]
        return [...inside.dataSync()].map((length, n) => (rows[n] as number[][]).slice(0, length).flat())
      })
    const batched = encode(tinyFeatures(lengths, 33, 1e4), lengths)
    const wider = encode(tinyFeatures(lengths, 57, -50), lengths)
    const all = tinyFeatures(lengths, 57)
    for (const [n, length] of lengths.entries()) {
      const [alone] = encode(tf.slice(all, [n, 0, 0], [1, length, -1]), [length]) as [number[]]
      expect(alone).toHaveLength(Math.ceil(length / (options.encoder?.subsampling ?? 4)) * 8)
      // Sums of products may be taken in another order at another size.
      for (const [i, value] of alone.entries()) {
        expect(Math.abs(value - (batched[n]?.[i] as number))).toBeLessThan(1e-5)
        expect(Math.abs(value - (wider[n]?.[i] as number))).toBeLessThan(1e-5)
      }
    }
  })

  it('learns as it did when its first ten losses were stored', () => {
    const model = tinyModel(options)
    const optimizer = new AdamW(trainable(namedParameters(model)))
    const step = jit(recognizerStep(model, optimizer, { maxGradientNorm: 5, seed: 1 }))
    const seen = Array.from({ length: 10 }, (_, i) =>
      tf.tidy(() => {
        const { sum, count } = step(tinyBatch(), { learningRate: tf.scalar(0.01), step: tf.scalar(i + 1, 'int32') })
        return (sum.dataSync()[0] as number) / (count.dataSync()[0] as number)
      }),
    )
    expect(step.traces).toBe(tf.getBackend() === 'onnx' ? 1 : 0)
    expect(seen[9]).toBeLessThan(0.9 * (seen[0] as number))
    expect(losses[name], `${name}: ${JSON.stringify(seen.map((loss) => Number(loss.toPrecision(7))))}`).toHaveLength(10)
    for (const [i, loss] of (losses[name] as number[]).entries()) expect(Math.abs(loss - (seen[i] as number)), `${seen}`).toBeLessThan(1e-4)
  })
})

describe.each([
  ['conformer', { type: 'conformer', causal: true, layers: 2, kernel: 5 }, 2],
  ['conformer, subsampling 2', { type: 'conformer', causal: true, subsampling: 2, leftContext: 5 }, 2],
  ['LSTM', { type: 'lstm', causal: true, layers: 2 }, 1],
  ['conformer with a running mean', { type: 'conformer', causal: true, runningMean: true }, 2],
  ['LSTM with a running mean, subsampling 2', { type: 'lstm', causal: true, subsampling: 2, runningMean: true }, 1],
] as const)('a causal %s', (_, encoder, chunk) => {
  it.each([1, 2, 3])('encodes the same in stretches of %i chunks', (chunks) => {
    const model = tinyModel({ encoder })
    const s = model.config.encoder.subsampling
    const lengths = [45, 30, 1]
    const difference = tf.tidy(() => {
      const features = tinyFeatures(lengths, 45)
      const { encoded, lengths: inside } = model.encode(features, int(lengths), inference)
      let state = Object.fromEntries(model.streamState.map(({ name, shape }) => [name, tf.zeros(shape.map((d) => (d === 'N' ? 3 : d)))]))
      const parts: tf.Tensor[] = []
      const total = encoded.shape[1] as number
      for (let at = 0; at < total; at += chunks * chunk) {
        const count = Math.min(chunks * chunk, total - at)
        const seen = s * (count - 1) + 7
        const padded = tf.pad(features, [[0, 0], [0, 100], [0, 0]], 77)
        const stretch = tf.slice(padded, [0, s * at, 0], [-1, seen, -1])
        const real = lengths.map((length) => Math.max(0, Math.min(seen, length - s * at)))
        const result = model.encodeStretch(stretch, int(real), int([at, at, at]), state, inference)
        parts.push(result.encoded)
        state = result.state
      }
      const time = tf.range(0, total, 1, 'int32')
      const real = tf.cast(tf.less(tf.expandDims(time, 0), tf.expandDims(inside, 1)), 'float32')
      return tf.max(tf.mul(tf.abs(tf.sub(tf.concat(parts, 1), encoded)), tf.expandDims(real, 2))).dataSync()[0]
    })
    expect(difference).toBeLessThan(1e-5)
  })

  it('does not look beyond its chunk and the frames under the convolutions', () => {
    const model = tinyModel({ encoder })
    const s = model.config.encoder.subsampling
    const moved = tf.tidy(() => {
      const features = tinyFeatures([48], 48)
      // Chunk 2 ends with frame 2·chunk − 1, which sees features until s·(2·chunk − 1) + 7.
      const end = s * (2 * chunk - 1) + 7
      const changed = tf.concat([tf.slice(features, [0, 0, 0], [1, end, -1]), tf.ones([1, 48 - end, 5])], 1)
      const [before, after] = [features, changed].map((x) => model.encode(x, int([48]), inference).encoded) as [tf.Tensor, tf.Tensor]
      return tf.max(tf.abs(tf.sub(before, after)), [0, 2]).dataSync()
    })
    expect(Math.max(...moved.subarray(0, 2 * chunk))).toBeLessThan(1e-6)
    expect(moved[2 * chunk]).toBeGreaterThan(1e-3)
  })
})

it('refuses to stream what sees the future', () => {
  const model = tinyModel()
  expect(model.streaming).toBeUndefined()
  const none = int([1])
  expect(() => model.encodeStretch(tinyFeatures([7], 7), none, none, {}, inference)).toThrow('sees what comes later: it cannot be used on a stream')
})
