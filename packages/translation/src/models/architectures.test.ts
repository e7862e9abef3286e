import { AdamW, checkGradients, inference, namedParameters, TrainingContext, trainingStep } from '@parlance/nn'
import { jit, tf, useDevice } from '@parlance/runtime'
import { GraphSession } from '@parlance/runtime/session'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Batch, makeBatch } from '../data/batches.js'
import { parameterShapes } from '../parameter-shapes.js'
import losses from '../fixtures/ten-steps.json' with { type: 'json' }
import { GraphTranslationModel, paddedLength } from '../graph-model.js'
import { inferenceGraphs } from '../inference-graphs.js'
import type { ModelConfig } from '../model-config.js'
import { fileNames } from '../parameter-names.js'
import { END, PAD, START } from '../special-tokens.js'
import { createModel } from './create-model.js'
import type { EncoderDecoder, Tensors } from './encoder-decoder.js'
import { beginning, examplesOf, matrix, perturb } from './testing.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

const transformer = {
  architecture: 'transformer', vocabSize: 11, width: 8, heads: 2, encoderLayers: 2, decoderLayers: 2, feedForwardWidth: 12,
  decoder: 'attention', tiedEmbeddings: 'all',
} as const satisfies ModelConfig

const architectures: Record<string, ModelConfig> = {
  transformer,
  ssru: { ...transformer, decoder: 'ssru', tiedEmbeddings: 'output' },
  'lstm, general': { architecture: 'lstm', vocabSize: 11, width: 8, encoderLayers: 2, decoderLayers: 2, tiedEmbeddings: 'all', attention: 'general' },
  'lstm, dot': { architecture: 'lstm', vocabSize: 11, width: 8, encoderLayers: 1, decoderLayers: 1, tiedEmbeddings: 'none', attention: 'dot' },
  'lstm, additive': { architecture: 'lstm', vocabSize: 11, width: 8, encoderLayers: 1, decoderLayers: 2, tiedEmbeddings: 'output', attention: 'additive' },
  convolutional: {
    architecture: 'convolutional', vocabSize: 11, width: 8, encoderLayers: 2, decoderLayers: 2, tiedEmbeddings: 'all', kernel: 3,
  },
  'convolutional, kernel 4': {
    architecture: 'convolutional', vocabSize: 11, width: 8, encoderLayers: 1, decoderLayers: 1, tiedEmbeddings: 'none', kernel: 4,
  },
  average: { ...transformer, decoder: 'average', tiedEmbeddings: 'none' },
}

const examples = examplesOf([[[4, 5, 6], [7, 8]], [[9, 10, 4, 4, 5], [6, 7, 6]], [[8], [5, 9, 10, 8]]])
/** Steps enough for loops over time to be one operator when they are compiled. */
const long = { bucket: { length: 10, rows: 4 }, members: Int32Array.of(0, 1, 2) }
const everything = { bucket: { length: 7, rows: 4 }, members: Int32Array.of(0, 1, 2) }

/** Of a deep transformer, float32's rounding hides the derivatives by what is far from the logits. */
function shallow(config: ModelConfig): ModelConfig {
  return { ...config, encoderLayers: 1, decoderLayers: config.architecture === 'transformer' ? 1 : config.decoderLayers }
}

/**
 * Makes gradients that differences can be compared with. ReLU has no derivative at 0: what it is applied to is moved
 * well to one side. The attention of a new LSTM is so flat that float32's rounding hides its derivatives: its weights are enlarged.
 */
function preparedForDifferences(model: EncoderDecoder): EncoderDecoder {
  for (const [name, variable] of namedParameters(model)) {
    if (name.endsWith('feedForward.input.bias')) {
      tf.tidy(() => variable.assign(tf.tensor1d(Array.from({ length: variable.size }, (_, i) => (i % 3 === 0 ? -4 : 4)))))
    }
    if ('self_cell_0' in model.statePorts) {
      // An SSRU's ReLU is of averages of W x: these get the sign of W's rows.
      const sign = tf.tensor1d(Array.from({ length: variable.shape[0] as number }, (_, i) => (i % 3 === 0 ? -1 : 1))).expandDims(1)
      if (name.endsWith('selfLayer.input.weight')) tf.tidy(() => variable.assign(tf.mul(tf.abs(variable), sign) as tf.Tensor))
      if (name.endsWith('selfNorm.bias')) tf.tidy(() => variable.assign(tf.add(variable, 4) as tf.Tensor))
    }
    if (/^cell.*weight$/.test(name)) tf.tidy(() => variable.assign(tf.mul(variable, 3) as tf.Tensor))
  }
  return model
}

describe.each(Object.entries(architectures))('%s', (name, config) => {
  it('has the parameters that a model folder is checked for', () => {
    const shapes = [...fileNames(namedParameters(createModel(config)))].map(([name, { shape }]) => [name, shape])
    expect(Object.fromEntries(shapes)).toEqual(Object.fromEntries(parameterShapes(config)))
  })

  it('does not see padding', () => {
    const model = perturb(createModel(config, 3))
    const logits = (source: number[]) => {
      const memory = model.encode(matrix(source), inference)
      return model.project(model.decode(matrix([START, 6, 7]), memory, inference)).dataSync()
    }
    const [alone, padded] = [logits([5, 6, END]), logits([5, 6, END, PAD, PAD, PAD])]
    for (const [i, value] of alone.entries()) expect(padded[i]).toBeCloseTo(value, 5)
  })

  it('does not see what comes later', () => {
    const model = perturb(createModel(config, 3))
    const memory = model.encode(matrix([5, 6, END]), inference)
    const logits = (input: number[]) => model.project(model.decode(matrix(input), memory, inference)).dataSync()
    const [a, b] = [logits([START, 6, 7, 8, 9]), logits([START, 6, 7, 10, 4])]
    for (let i = 0; i < 3 * config.vocabSize; i++) expect(b[i]).toBeCloseTo(a[i] as number, 5)
    expect(b[3 * config.vocabSize]).not.toBeCloseTo(a[3 * config.vocabSize] as number, 3)
  })

  it('gives, position by position, what it gives at once', () => {
    const model = perturb(createModel(config, 3))
    const source = matrix([5, 6, 7, END, 8, 9, END, PAD], 2)
    const input = [[START, 4, 5, 6, 10], [START, 10, 9, 9, 4]]
    const memory = model.encode(source, inference)
    const whole = model.project(model.decode(matrix(input.flat(), 2), memory, inference))
    const rows = tf.reshape(whole, [2, 5, config.vocabSize])
    let state: Tensors = beginning(model, memory)
    for (let t = 0; t < 5; t++) {
      const tokens = tf.tensor1d(input.map((row) => row[t] as number), 'int32')
      const step = model.step(tokens, tf.tensor1d([t], 'int32'), state, memory, inference)
      state = step.state
      const wanted = tf.slice(rows, [0, t, 0], [2, 1, config.vocabSize]).dataSync()
      for (const [i, value] of model.project(step.hidden).dataSync().entries()) expect(value).toBeCloseTo(wanted[i] as number, 5)
      const attention = step.attention.arraySync() as number[][]
      for (const row of attention) expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5)
      expect(attention[1]?.[3]).toBe(0)
    }
  })

  it('leaves padded rows and positions out of the loss', () => {
    const model = perturb(createModel(config, 3))
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
    const model = preparedForDifferences(perturb(createModel(shallow(config), 3)))
    const batch = makeBatch(examples, { bucket: { length: 7, rows: 3 }, members: Int32Array.of(0, 1, 2) })
    // Of many logits, whose sum is taken in float64; the loss's own gradient is tested with it.
    const logits = () => model.logits(batch, inference)
    for (const [name, variable] of namedParameters(model)) {
      // What is added to all keys alike, softmax does not see: the derivative is 0, which nothing can be relative to.
      if (name.endsWith('.key.bias')) continue
      // Short steps drown in float32's rounding where the logits are flat, long ones miss their bends: one must agree.
      const errors: number[] = []
      for (const epsilon of [0.01, 0.003, 0.03, 0.001]) {
        if (errors.every((error) => error > 1e-3)) errors.push(await checkGradients(logits, [variable], { epsilon, directions: 2 }))
      }
      expect(Math.min(...errors), name).toBeLessThan(1e-3)
    }
  })

  it('repeats the stored losses of ten steps', () => {
    const model = createModel(config, 1, { dropout: 0.1, attentionDropout: 0.1 })
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
      const { sum, count } = step(makeBatch(examples, long), { learningRate: tf.scalar(0.01), step: tf.scalar(i + 1, 'int32') })
      return (sum.dataSync()[0] as number) / (count.dataSync()[0] as number)
    })
    // The last bits differ between processors.
    const stored = (losses as Record<string, number[]>)[name] ?? []
    expect(stored.length, `losses of ${name}: ${got.map((loss) => loss.toFixed(6)).join(', ')}`).toBe(10)
    for (const [i, loss] of got.entries()) expect(loss).toBeCloseTo(stored[i] as number, 4)
  })

  it('leaves no tensor behind', () => {
    const model = createModel(config)
    const before = tf.memory().numTensors
    tf.tidy(() => model.loss(makeBatch(examples, everything), inference).sum.dataSync())
    expect(tf.memory().numTensors).toBe(before)
    model.dispose()
    expect(tf.memory().numTensors).toBe(before - parameterShapes(config).size)
  })

  describe('as two graphs', () => {
    const sources = [Int32Array.of(5, 6, 7, END), Int32Array.of(8, 9, END)]

    function graphModel() {
      const model = perturb(createModel(config, 3))
      const graphs = inferenceGraphs(model)
      const [encoder, decoder] = [graphs.encoder, graphs.decoder].map((graph) =>
        GraphSession.load(graph.toOnnx('embedded'), { threads: 1 }),
      ) as [GraphSession, GraphSession]
      return { model, search: new GraphTranslationModel(encoder, decoder, config) }
    }

    /** log p of every next token, told these tokens of the source. */
    function reference(model: EncoderDecoder, source: Int32Array, input: number[]): Float32Array {
      return tf.tidy(() => {
        const hidden = model.decode(matrix(input), model.encode(matrix([...source]), inference), inference)
        const last = tf.slice(tf.logSoftmax(model.project(hidden)), [input.length - 1, 0], [1, -1])
        return last.dataSync() as Float32Array
      })
    }

    it('says of hypotheses that branch, swap and end what the model says of their tokens', () => {
      const { model, search } = graphModel()
      let state = search.start(sources)
      let rows: { sentence: number; tokens: number[] }[] = sources.map((_, sentence) => ({ sentence, tokens: [] }))
      const steps: [parents: number[], tokens: number[]][] = [
        [[0, 1], [START, START]],
        [[0, 0, 1, 1], [4, 5, 6, 7]],
        [[1, 0, 0, 3], [8, 8, 9, 10]],
        [[3, 3], [4, 6]],
        [[1, 0], [6, 5]],
      ]
      for (const [parents, tokens] of steps) {
        rows = parents.map((parent, i) => {
          const { sentence, tokens: said } = rows[parent] as (typeof rows)[number]
          return { sentence, tokens: [...said, tokens[i] as number] }
        })
        const wanted = Int32Array.from(rows.flatMap((_, i) => [3 + i, 10]))
        const result = search.step(state, Int32Array.from(tokens), Int32Array.from(parents), 3, wanted)
        state = result.state
        expect(result.ids.length).toBe(3 * rows.length)
        for (const [i, { sentence, tokens }] of rows.entries()) {
          const logProbs = reference(model, sources[sentence] as Int32Array, tokens)
          const best = [...logProbs].sort((a, b) => b - a)
          for (let j = 0; j < 3; j++) {
            const at = 3 * i + j
            expect(result.logProbs[at]).toBeCloseTo(best[j] as number, 5)
            expect(result.logProbs[at]).toBeCloseTo(logProbs[result.ids[at] as number] as number, 5)
          }
          expect(result.wantedLogProbs?.[2 * i]).toBeCloseTo(logProbs[3 + i] as number, 5)
          expect(result.wantedLogProbs?.[2 * i + 1]).toBeCloseTo(logProbs[10] as number, 5)
          const { weights, lengths } = result.attention as { weights: Float32Array; lengths: Int32Array }
          const length = (sources[sentence] as Int32Array).length
          expect(lengths[i]).toBe(length)
          const width = paddedLength(length)
          const row = weights.subarray(width * i, width * (i + 1))
          expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5)
          expect([...row.subarray(length)].every((weight) => weight === 0)).toBe(true)
        }
      }
    })

    it('gives a row the same to the last bit alone and among others', () => {
      const { search } = graphModel()
      const others = Array.from({ length: 11 }, (_, i) => Int32Array.of(4 + (i % 7), 5 + (i % 5), END))
      const said = (batch: readonly Int32Array[]) => {
        let state = search.start(batch)
        const found: number[] = []
        for (const token of [START, 7, 4, 9, 5]) {
          const all = Int32Array.from(batch, (_, i) => i)
          const result = search.step(state, all.map((i) => (i === 0 || token === START ? token : 4 + (i % 7))), all, 4)
          state = result.state
          found.push(...result.ids.subarray(0, 4), ...result.logProbs.subarray(0, 4))
        }
        return found
      }
      const first = sources[0] as Int32Array
      expect(said([first, ...others])).toEqual(said([first]))
      expect(said([first, ...others.slice(0, 3)])).toEqual(said([first]))
    })
  })
})
