/**
 * The training step of nanoGPT's CPU setting beside PyTorch's: the same weights, batches and threads, interleaved.
 *
 *     npm run bench -- nanogpt [PYTHON]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TransformerLM } from '@parlance/lm/training'
import { AdamW, crossEntropy, inference, namedParameters, parameterCount, trainingStep } from '@parlance/nn'
import { jit, Random, tf, useDevice } from '@parlance/runtime'
import { Peer } from './peer.js'
import { median, milliseconds, rawProductRate } from './timing.js'

const threads = 2
const batch = 12
const config = {
  type: 'transformer', vocabSize: 65, context: 64, layers: 4, heads: 4, width: 128, activation: 'gelu', bias: false, dropout: 0,
} as const
const learningRate = 1e-3
const rounds = 8
const stepsPerRound = 25
/** Steps over which losses must agree; later ones drift apart, as rounding differs. */
const comparedSteps = 10
const tolerance = 1e-4

interface Timed {
  times: number[]
  losses: number[]
}

await useDevice('cpu', { threads })
const random = new Random(1)
const model = new TransformerLM(config, random)
const batches = Array.from({ length: 50 }, () => {
  const draw = () => Int32Array.from({ length: batch * config.context }, () => random.integer(config.vocabSize))
  return { ids: draw(), targets: draw() }
})
const parameters = namedParameters(model)
const step = jit(
  trainingStep<{ ids: tf.Tensor; targets: tf.Tensor }>({
    parameters,
    optimizer: new AdamW(parameters, { beta2: 0.99, weightDecay: 0.1 }),
    loss: ({ ids, targets }) => {
      const logits = tf.reshape(model.forward(ids, inference), [-1, config.vocabSize])
      return crossEntropy(logits, tf.reshape(targets, [-1]))
    },
    maxGradientNorm: 1,
  }),
)

let steps = 0

/** One step from data on the host to the loss on the host. */
function trainOne(): number {
  const { ids, targets } = batches[steps++ % batches.length] as (typeof batches)[0]
  return tf.tidy(() => {
    const tensor = (values: Int32Array) => tf.tensor2d(values, [batch, config.context], 'int32')
    const numbers = { learningRate: tf.scalar(learningRate), step: tf.scalar(steps, 'int32') }
    const { sum, count } = step({ ids: tensor(ids), targets: tensor(targets) }, numbers)
    return (sum.dataSync()[0] as number) / (count.dataSync()[0] as number)
  })
}

function train(count: number): Timed {
  const losses: number[] = []
  const times = Array.from({ length: count }, () => milliseconds(() => losses.push(trainOne())))
  return { times, losses }
}

const folder = mkdtempSync(join(tmpdir(), 'nanogpt-'))
const peer = new Peer(process.argv[2] ?? 'python3', 'nanogpt.py')
try {
  const { version } = await peer.ask<{ version: string }>({ ...config, batch, threads, learningRate, ...writeForPeer() })
  const ours: Timed = { times: [], losses: [] }
  const theirs: Timed = { times: [], losses: [] }
  const productRate = rawProductRate()
  const rates: number[] = []
  const compiling = milliseconds(() => ours.losses.push(trainOne()))
  theirs.losses.push(...(await peer.ask<Timed>({ steps: 1 })).losses)
  for (let round = 0; round < rounds; round++) {
    for (const [all, timed] of [[ours, train(stepsPerRound)], [theirs, await peer.ask<Timed>({ steps: stepsPerRound })]] as const) {
      all.losses.push(...timed.losses)
      // The first round warms both up.
      if (round > 0) all.times.push(...timed.times)
    }
    for (let i = 0; i < 5; i++) rates.push(productRate())
  }
  print(version, compiling, ours, theirs, median(rates))
} finally {
  peer.end()
  rmSync(folder, { recursive: true })
}

function print(version: string, compiling: number, ours: Timed, theirs: Timed, rate: number): void {
  const apart = Math.max(...ours.losses.slice(0, comparedSteps).map((loss, i) => Math.abs(loss - (theirs.losses[i] as number))))
  if (!(apart <= tolerance)) throw new Error(`The first ${comparedSteps} losses differ by up to ${apart}: the times do not compare.`)
  const [ms, theirMs] = [median(ours.times), median(theirs.times)]
  const { context, width, layers } = config
  const tokens = batch * context
  // What takes part in matrix products: all but positions (with two rows that are not used) and normalisations.
  const inProducts = parameterCount(model) - (context + 2) * width - (2 * layers + 1) * width
  const flops = 6 * inProducts * tokens + 12 * layers * context * width * tokens
  console.log(`${inProducts} parameters in matrix products, ${(flops / 1e9).toFixed(2)} GFLOP a step, ${threads} threads`)
  console.log(`first step, with tracing and compiling: ${compiling.toFixed(0)} ms`)
  console.log(`median step: ${ms.toFixed(1)} ms; PyTorch ${version}: ${theirMs.toFixed(1)} ms; ratio ${(ms / theirMs).toFixed(3)}`)
  console.log(`losses of the first ${comparedSteps} steps differ by at most ${apart.toExponential(1)}`)
  console.log(`512³ products: ${rate.toFixed(0)} GFLOP/s; the step's share of that rate: ${((100 * flops) / ms / 1e6 / rate).toFixed(1)}%`)
}

/** The initial weights under the peer's names, and the batches. */
function writeForPeer() {
  const { vocabSize, width, context } = config
  const names: [string, number[]][] = []
  const parts: tf.TypedArray[] = []
  const put = (name: string, shape: number[], ...values: tf.Tensor[]) => {
    names.push([name, shape])
    for (const value of values) parts.push(value.dataSync())
  }
  put('tokens.weight', [vocabSize, width], model.tokens.weight)
  put('positions.weight', [context, width], tf.slice(model.positions.weight, [2, 0], [context, width]))
  for (const [i, { attention, feedForward, attentionNorm, feedForwardNorm }] of model.blocks.entries()) {
    const block = `blocks.${i}`
    put(`${block}.attention.weight`, [3 * width, width], attention.query.weight, attention.key.weight, attention.value.weight)
    put(`${block}.output.weight`, [width, width], attention.output.weight)
    put(`${block}.up.weight`, [4 * width, width], feedForward.input.weight)
    put(`${block}.down.weight`, [width, 4 * width], feedForward.output.weight)
    put(`${block}.norm1.weight`, [width], attentionNorm.weight)
    put(`${block}.norm2.weight`, [width], feedForwardNorm.weight)
  }
  put('norm.weight', [width], model.norm.weight)
  const files = { weights: join(folder, 'weights'), batches: join(folder, 'batches') }
  const bytes = (array: tf.TypedArray) => Buffer.from(array.buffer, array.byteOffset, array.byteLength)
  writeFileSync(files.weights, Buffer.concat(parts.map(bytes)))
  writeFileSync(files.batches, Buffer.concat(batches.flatMap(({ ids, targets }) => [bytes(ids), bytes(targets)])))
  return { names, ...files }
}
