import { AdamW, checkGradients, inference, namedParameters, TrainingContext, trainingStep } from '@parlance/nn'
import { jit, tf, useDevice } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Batch, makeBatch } from './batches.js'
import { parameterShapes } from './check-weights.js'
import type { ModelConfig } from './config.js'
import type { Examples } from './examples.js'
import { m2m100Logits } from './fixtures/m2m100.js'
import losses from './fixtures/ten-steps.json' with { type: 'json' }
import { TranslationTransformer } from './model.js'
import { fileNames } from './parameter-names.js'
import { END, PAD, START } from './special-tokens.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

const tiny: ModelConfig = { vocabSize: 11, width: 8, heads: 2, encoderLayers: 2, decoderLayers: 2, feedForwardWidth: 12 }

/** Biases and gains of a new model are zeros and ones, which would hide mistakes. */
function perturbed(config: ModelConfig): TranslationTransformer {
  const model = new TranslationTransformer(config, 3)
  for (const [i, variable] of [...namedParameters(model).values()].entries()) {
    if (variable.rank > 1) continue
    const noise = Float32Array.from({ length: variable.size }, (_, j) => 0.2 * Math.sin(5 * i + 1.3 * j))
    tf.tidy(() => variable.assign(tf.add(variable, tf.tensor(noise, variable.shape)) as tf.Tensor))
  }
  return model
}

function examplesOf(pairs: readonly (readonly [number[], number[]])[]): Examples {
  const side = (index: 0 | 1) => {
    const starts = [0]
    for (const pair of pairs) starts.push((starts.at(-1) as number) + pair[index].length)
    return { tokens: Int32Array.from(pairs.flatMap((pair) => pair[index])), starts: Int32Array.from(starts) }
  }
  return { count: pairs.length, sources: side(0), targets: side(1) }
}

const examples = examplesOf([[[4, 5, 6], [7, 8]], [[9, 10, 4, 4, 5], [6, 7, 6]], [[8], [5, 9, 10, 8]]])
const everything = { bucket: { length: 7, rows: 4 }, members: Int32Array.of(0, 1, 2) }
const ids = (values: number[], rows = 1) => tf.tensor2d(values, [rows, values.length / rows], 'int32')

describe('TranslationTransformer', () => {
  it("computes what Hugging Face's M2M100 computes, under its parameter names", async () => {
    const model = perturbed(tiny)
    const weights = new Map<string, { data: ArrayLike<number> }>()
    for (const [name, variable] of fileNames(namedParameters(model))) weights.set(name, { data: await variable.data() })
    const [source, input] = [[5, 9, 4, 7, END], [START, 10, 6, 8]]
    const wanted = m2m100Logits(weights, tiny, source, input)
    const mask = model.sourceMask(ids(source))
    const got = model.decode(ids(input), model.encode(ids(source), mask, inference), mask, inference).dataSync()
    expect(got.length).toBe(4 * tiny.vocabSize)
    // float32 against float64, logits of about 3
    for (const [i, value] of wanted.flat().entries()) expect(Math.abs((got[i] as number) - value)).toBeLessThan(1e-5)
  })

  it('has the parameters that a model folder is checked for', () => {
    const shapes = [...fileNames(namedParameters(new TranslationTransformer(tiny)))].map(([name, { shape }]) => [name, shape])
    expect(Object.fromEntries(shapes)).toEqual(Object.fromEntries(parameterShapes(tiny)))
  })

  it('does not see padding', () => {
    const model = perturbed(tiny)
    const logits = (source: number[]) => {
      const mask = model.sourceMask(ids(source))
      return model.decode(ids([START, 6, 7]), model.encode(ids(source), mask, inference), mask, inference).dataSync()
    }
    const [alone, padded] = [logits([5, 6, END]), logits([5, 6, END, PAD, PAD, PAD])]
    for (const [i, value] of alone.entries()) expect(padded[i]).toBeCloseTo(value, 5)
  })

  it('gives, position by position over a cache, what it gives at once', () => {
    const model = perturbed(tiny)
    const source = ids([5, 6, 7, END, 8, 9, END, PAD], 2)
    const input = [[START, 4, 5, 6], [START, 10, 9, 9]]
    const mask = model.sourceMask(source)
    const memory = model.encode(source, mask, inference)
    const whole = model.decode(ids(input.flat(), 2), memory, mask, inference)
    const empty = () => tf.zeros([2, model.heads, 0, model.headWidth])
    let caches = Array.from({ length: tiny.decoderLayers }, () => ({ key: empty(), value: empty() }) as Parameters<typeof model.step>[2][0])
    for (let t = 0; t < 4; t++) {
      const tokens = tf.tensor1d(input.map((row) => row[t] as number), 'int32')
      const stepped = model.step(tokens, tf.tensor1d([t], 'int32'), caches, model.memories(memory), mask, inference)
      caches = stepped.caches
      const wanted = tf.slice(whole, [0, t, 0], [2, 1, tiny.vocabSize]).dataSync()
      for (const [i, value] of stepped.logits.dataSync().entries()) expect(value).toBeCloseTo(wanted[i] as number, 5)
    }
  })

  it('leaves padded rows and positions out of the loss', () => {
    const model = perturbed(tiny)
    const sum = (members: number[], rows: number, length: number) => {
      const { sum, count } = model.loss(makeBatch(examples, { bucket: { rows, length }, members: Int32Array.from(members) }), inference)
      return [sum.dataSync()[0] as number, count.dataSync()[0] as number] as const
    }
    const parts = [sum([0], 1, 4), sum([1], 1, 6), sum([2], 2, 9)]
    const [total, count] = sum([0, 1, 2], 5, 8)
    expect(count).toBe(3 + 4 + 5)
    expect(total).toBeCloseTo(parts.reduce((sum, [part]) => sum + part, 0), 4)
  })

  it('has gradients that agree with finite differences', async () => {
    const model = perturbed({ ...tiny, encoderLayers: 1, decoderLayers: 1 })
    // Every hidden unit well on one side of ReLU's kink, where there is no derivative.
    const hidden = Float32Array.from({ length: tiny.feedForwardWidth }, (_, i) => (i % 3 === 0 ? -4 : 4))
    for (const block of [...model.encoder, ...model.decoder]) block.feedForward.input.bias?.assign(tf.tensor1d(hidden))
    const batch = makeBatch(examples, everything)
    const loss = () => model.loss(batch, inference, 0.1).sum
    for (const [name, variable] of namedParameters(model)) {
      // What is added to all keys alike, softmax does not see: the derivative is 0, which nothing can be relative to.
      if (name.endsWith('.key.bias')) continue
      // Short steps drown in float32's rounding where the loss is flat, long ones miss its bends: one must agree.
      const errors: number[] = []
      for (const epsilon of [0.02, 0.005, 0.05]) {
        if (errors.every((error) => error > 1e-3)) errors.push(await checkGradients(loss, [variable], { epsilon, directions: 2 }))
      }
      expect(Math.min(...errors), name).toBeLessThan(1e-3)
    }
  })

  it('repeats the stored losses of ten steps', () => {
    const model = new TranslationTransformer(tiny, 1, { dropout: 0.1, attentionDropout: 0.1 })
    const parameters = fileNames(namedParameters(model))
    const step = jit(
      trainingStep<Batch>({
        parameters,
        optimizer: new AdamW(parameters, { beta2: 0.98, epsilon: 1e-9, weightDecay: 0 }),
        loss: (batch, step) => model.loss(batch, new TrainingContext({ seed: 1, step, examples: batch.examples }), 0.1),
        maxGradientNorm: 1,
      }),
    )
    const got = Array.from({ length: 10 }, (_, i) => {
      const { sum, count } = step(makeBatch(examples, everything), { learningRate: tf.scalar(0.01), step: tf.scalar(i + 1, 'int32') })
      return (sum.dataSync()[0] as number) / (count.dataSync()[0] as number)
    })
    // The last bits differ between processors.
    for (const [i, loss] of got.entries()) expect(loss).toBeCloseTo((losses as number[])[i] as number, 4)
  })

  it('leaves no tensor behind', () => {
    const model = new TranslationTransformer(tiny)
    const before = tf.memory().numTensors
    tf.tidy(() => model.loss(makeBatch(examples, everything), inference).sum.dataSync())
    expect(tf.memory().numTensors).toBe(before)
    model.dispose()
    expect(tf.memory().numTensors).toBe(before - parameterShapes(tiny).size)
  })
})
