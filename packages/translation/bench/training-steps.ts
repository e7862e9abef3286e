/**
 * Time of a training step of each architecture at its default size, on random tokens.
 *
 *     npm run bench -- translation/training-steps [threads] [names…]
 */
import { AdamW, namedParameters, parameterCount, TrainingContext, trainingStep } from '@parlance/nn'
import { jit, Random, tf, useDevice } from '@parlance/runtime'
import { trainingConfigSchema } from '../src/config.js'
import type { Batch } from '../src/data/batches.js'
import { modelConfig } from '../src/model-config.js'
import { createModel } from '../src/models/create-model.js'
import { architectures } from './settings/architectures.js'

const [threads = '1', ...chosen] = process.argv.slice(2)
const VOCABULARY = 8000
const [rows, length] = [64, 24]
const ROUNDS = 5

await useDevice('cpu', { threads: Number(threads) })
const random = new Random(1)
const ids = (): tf.Tensor => tf.tensor2d(Int32Array.from({ length: rows * length }, () => 4 + random.integer(VOCABULARY - 4)), [rows, length], 'int32')
const batch = { source: ids(), input: ids(), labels: ids(), examples: tf.tensor1d(Int32Array.from({ length: rows }, (_, i) => i), 'int32') } as Batch

const runs = Object.entries(architectures).filter(([name]) => chosen.length === 0 || chosen.includes(name)).map(([name, fields]) => {
  const model = createModel(modelConfig(trainingConfigSchema.parse(fields), VOCABULARY), 1, { dropout: 0.1, attentionDropout: 0 })
  const parameters = namedParameters(model)
  const step = jit(
    trainingStep<Batch>({
      parameters,
      optimizer: new AdamW(parameters),
      loss: (batch, step) => model.loss(batch, new TrainingContext({ seed: 1, step, examples: batch.examples }), 0.1),
      maxGradientNorm: 1,
    }),
  )
  let count = 0
  const once = (): number => {
    const start = performance.now()
    const results = step(batch, { learningRate: tf.scalar(1e-4), step: tf.scalar(++count, 'int32') })
    results.sum.dataSync()
    tf.dispose({ ...results })
    return performance.now() - start
  }
  const first = once()
  once()
  return { name, once, first, size: parameterCount(model), times: [] as number[] }
})
for (let round = 0; round < ROUNDS; round++) for (const run of runs) run.times.push(run.once())
console.log(`${rows} × ${length} tokens a side, vocabulary ${VOCABULARY}, width 256, ${threads} thread(s), median of ${ROUNDS} interleaved`)
for (const { name, times, first, size } of runs) {
  const median = times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] as number
  const speed = Math.round((rows * length) / (median / 1000))
  console.log(`${name.padEnd(14)} ${(size / 1e6).toFixed(1)} M parameters  ${median.toFixed(0)} ms  ${speed} tokens/s  first ${(first / 1000).toFixed(1)} s`)
}
