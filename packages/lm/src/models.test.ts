import { AdamW, checkGradients, inference, loadParameters, namedParameters, trainingStep } from '@parlance/nn'
import { jit, Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { type LstmConfig, type ModelConfig, type TransformerConfig, trainingSchema } from './config.js'
import fixture from './fixtures/pytorch.json' with { type: 'json' }
import { LstmLM } from './lstm.js'
import { lstmLoss } from './lstm-objective.js'
import { huggingFaceConfig, savedName, savedShapes } from './parameter-names.js'
import { useTestDevice } from './testing.js'
import { createObjective, savedParameters } from './train-language-model.js'
import { TransformerLM } from './transformer.js'
import { transformerLoss } from './transformer-objective.js'

beforeAll(useTestDevice)

const CONFIGS = {
  transformer: fixture.transformer.config as TransformerConfig,
  lstm: fixture.lstm.config as LstmConfig,
}
const BATCH = 3

/** What trains the fixture's model, from its initial parameters. */
function fixtureObjective(type: 'transformer' | 'lstm') {
  const training = trainingSchema.parse({ batch: BATCH, seed: 1 })
  const objective = createObjective(CONFIGS[type], { tokens: new Int32Array(100), training })
  const values = Object.entries(fixture[type].parameters as Record<string, { shape: number[]; data: number[] }>)
  const byName = new Map(values.map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]))
  const parameters = savedParameters(CONFIGS[type], objective)
  expect([...byName.keys()].sort()).toEqual([...parameters.keys()].sort())
  const ours = [...namedParameters(objective.model).keys()]
  loadParameters(objective.model, new Map(ours.map((name) => [name, byName.get(savedName(type, name)) as { shape: number[]; data: Float32Array }])))
  return { objective, parameters }
}

const rows = (step: number) => tf.tensor2d(fixture.rows[step] as number[][], [BATCH, 7], 'int32')

describe.each(['transformer', 'lstm'] as const)('the %s', (type) => {
  it('gives the logits of PyTorch from the same parameters', () => {
    const { objective } = fixtureObjective(type)
    const { model } = objective
    const logits = tf.tidy(() => {
      const ids = tf.slice(rows(0), [0, 0], [-1, 6])
      return model instanceof LstmLM ? model.forward(ids, inference).logits : model.forward(ids, inference)
    })
    const values = logits.dataSync()
    const wanted = fixture[type].logits
    expect(values.length).toBe(wanted.length)
    expect(Math.max(...wanted.map((value, i) => Math.abs(value - (values[i] as number))))).toBeLessThan(1e-5)
  })

  it('has the losses of PyTorch over ten steps of training', () => {
    const { objective, parameters } = fixtureObjective(type)
    const optimizer = new AdamW(parameters, { beta2: 0.99, weightDecay: 0.1 })
    const loss = (batch: tf.NamedTensorMap, step: tf.Tensor) => objective.loss(batch, step)
    const step = jit(trainingStep({ parameters, optimizer, loss, maxGradientNorm: 1 }))
    const tensors: number[] = []
    const losses = fixture.rows.map((_, i) => {
      const numbers = { learningRate: tf.scalar(0.01), step: tf.scalar(i + 1, 'int32') }
      const batch = { rows: rows(i), ...(type === 'lstm' && { keep: tf.scalar(i === 0 ? 0 : 1) }) }
      const result = step(batch, numbers)
      const loss = (result.sum.dataSync()[0] as number) / (result.count.dataSync()[0] as number)
      tf.dispose([...Object.values(numbers), ...Object.values(batch), ...Object.values(result)])
      tensors.push(tf.memory().numTensors)
      return loss
    })
    expect(new Set(tensors).size).toBe(1)
    // Adam divides by the root of small squares at first: float32 rounding grows from 1e-7 to about 1e-5.
    const worst = Math.max(...losses.map((loss, i) => Math.abs(loss - (fixture[type].losses[i] as number))))
    expect(worst).toBeLessThan(1e-4)
  })

  it('has the gradients of central differences', async () => {
    const { objective } = fixtureObjective(type)
    const { model } = objective
    const [ids, targets] = [tf.slice(rows(0), [0, 0], [-1, 6]), tf.slice(rows(0), [0, 1], [-1, 6])]
    const loss = () =>
      model instanceof LstmLM ? lstmLoss(model, ids, targets, inference).sum : transformerLoss(model, ids, targets, inference).sum
    // The transformer bends more than the LSTM, whose differences need a longer step to stand out of float32's rounding.
    const epsilon = type === 'transformer' ? 0.01 : 0.05
    expect(await checkGradients(loss, [...namedParameters(model).values()], { epsilon })).toBeLessThan(1e-3)
  })
})

describe('savedShapes', () => {
  it('says what parameters a model has', () => {
    const shared = { vocabSize: 7, context: 5, layers: 2, width: 4, dropout: 0 }
    const transformer = { ...shared, type: 'transformer', heads: 2, activation: 'relu' } as const
    const configs: ModelConfig[] = [
      { ...transformer, bias: true },
      { ...transformer, bias: false },
      { ...shared, type: 'lstm', tied: true },
      { ...shared, type: 'lstm', tied: false },
    ]
    for (const config of configs) {
      const model = config.type === 'lstm' ? new LstmLM(config, new Random(1)) : new TransformerLM(config, new Random(1))
      const shapes = [...savedParameters(config, { model })].map(([name, { shape }]) => [name, shape])
      expect(Object.fromEntries(savedShapes(config))).toEqual(Object.fromEntries(shapes))
      model.dispose()
    }
  })
})

describe('a new transformer', () => {
  const config: TransformerConfig = {
    type: 'transformer', vocabSize: 50, context: 10, layers: 8, heads: 2, width: 64, activation: 'gelu', bias: false, dropout: 0,
  }
  const deviation = (variable: tf.Variable) => {
    const values = variable.dataSync() as Float32Array
    return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)
  }

  it('starts with GPT-2\'s deviations, smaller in projections into the residual stream', () => {
    const model = new TransformerLM(config, new Random(1))
    const { attention, feedForward } = model.blocks[3] as TransformerLM['blocks'][0]
    // Standard errors: 0.02 / √(2 · 4096) = 0.0002 for the smallest.
    expect(deviation(attention.query.weight)).toBeCloseTo(0.02, 3)
    expect(deviation(feedForward.input.weight)).toBeCloseTo(0.02, 3)
    expect(deviation(model.tokens.weight)).toBeCloseTo(0.02, 3)
    expect(deviation(attention.output.weight)).toBeCloseTo(0.02 / 4, 3)
    expect(deviation(feedForward.output.weight)).toBeCloseTo(0.02 / 4, 3)
  })

  it('says how many tokens it sees', () => {
    const model = new TransformerLM(config, new Random(1))
    expect(() => model.forward(tf.zeros([1, 11], 'int32'), inference)).toThrow('The model sees 10 tokens at most, got 11.')
  })

  it('is described to Hugging Face as OPT', () => {
    expect(huggingFaceConfig(config, 'float16')).toMatchObject({
      model_type: 'opt', vocab_size: 50, hidden_size: 64, ffn_dim: 256, max_position_embeddings: 10, enable_bias: false, torch_dtype: 'float16',
    })
  })
})
