/**
 * The training step of nanoGPT's CPU setting beside PyTorch's: same weights, batches and threads, interleaved.
 *
 *     npx tsx --conditions=@parlance/source test/bench/nanogpt.ts [python]
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import {
  AdamW, causalMask, crossEntropy, Embedding, inference, initializers, LayerNorm, Module, namedParameters, parameterCount,
  trainingStep, TransformerEncoderBlock,
} from '@parlance/nn'
import { jit, Random, tf, useDevice } from '@parlance/runtime'

const threads = 2
const size = { vocabulary: 65, width: 128, heads: 4, layers: 4, context: 64, batch: 12 }
const learningRate = 1e-3
const rounds = 6
const stepsPerRound = 30

class GPT extends Module {
  readonly tokens: Embedding
  readonly positions: Embedding
  readonly blocks: TransformerEncoderBlock[]
  readonly norm: LayerNorm

  constructor(random: Random) {
    super()
    const { vocabulary, width, heads, layers, context } = size
    const initializer = initializers.normal(0.02)
    this.tokens = new Embedding({ entries: vocabulary, width, random: random.fork('tokens') })
    this.positions = new Embedding({ entries: context, width, random: random.fork('positions') })
    this.blocks = Array.from({ length: layers }, (_, i) =>
      new TransformerEncoderBlock({ width, heads, bias: false, random: random.fork('block', i), initializer }),
    )
    this.norm = new LayerNorm({ width, bias: false })
  }

  loss(ids: tf.Tensor, targets: tf.Tensor) {
    const mask = causalMask(size.context)
    let x = tf.add(this.tokens.forward(ids), this.positions.weight)
    for (const block of this.blocks) x = block.forward(x, inference, mask)
    const logits = this.tokens.logits(this.norm.forward(x))
    return crossEntropy(tf.reshape(logits, [-1, size.vocabulary]), tf.reshape(targets, [-1]))
  }
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] as number

await useDevice('cpu', { threads })
const random = new Random(1)
const model = new GPT(random)
const folder = mkdtempSync(join(tmpdir(), 'nanogpt-'))
const batches = Array.from({ length: 50 }, () => {
  const draw = () => Int32Array.from({ length: size.batch * size.context }, () => random.integer(size.vocabulary))
  return [draw(), draw()] as const
})
writeFileSync(join(folder, 'batches'), Buffer.concat(batches.flat().map((a) => Buffer.from(a.buffer))))
const { names, weights } = peerWeights(model)
writeFileSync(join(folder, 'weights'), weights)

const peer = spawn(process.argv[2] ?? 'python3', [join(import.meta.dirname, 'peers/nanogpt.py')], { stdio: ['pipe', 'pipe', 'inherit'] })
const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]()
const ask = async (line: string) => {
  peer.stdin.write(`${line}\n`)
  return JSON.parse((await lines.next()).value as string)
}
const { version } = await ask(
  JSON.stringify({ ...size, threads, learningRate, weights: join(folder, 'weights'), batches: join(folder, 'batches'), names }),
)

const parameters = namedParameters(model)
const step = jit(trainingStep<{ ids: tf.Tensor; targets: tf.Tensor }>({
  parameters,
  optimizer: new AdamW(parameters, { beta2: 0.99, weightDecay: 0.1 }),
  loss: ({ ids, targets }) => model.loss(ids, targets),
  maxGradientNorm: 1,
}))
let steps = 0
function run(count: number) {
  const times: number[] = []
  const losses: number[] = []
  for (let i = 0; i < count; i++) {
    const [ids, targets] = batches[steps % batches.length] as (typeof batches)[0]
    steps++
    const started = performance.now()
    const loss = tf.tidy(() => {
      const shape: [number, number] = [size.batch, size.context]
      const batch = { ids: tf.tensor2d(ids, shape, 'int32'), targets: tf.tensor2d(targets, shape, 'int32') }
      const { sum, count } = step(batch, { learningRate: tf.scalar(learningRate), step: tf.scalar(steps) })
      return (sum.dataSync()[0] as number) / (count.dataSync()[0] as number)
    })
    times.push(performance.now() - started)
    losses.push(loss)
  }
  return { times, losses }
}

const started = performance.now()
const firstLoss = run(1).losses[0]
console.log(`first step (trace and compile): ${(performance.now() - started).toFixed(0)} ms`)
const theirFirst = (await ask('run 1')).losses[0]
const ours: number[] = []
const theirs: number[] = []
let worst = Math.abs((firstLoss as number) - theirFirst)
for (let round = 0; round < rounds; round++) {
  const a = run(stepsPerRound)
  const b = await ask(`run ${stepsPerRound}`)
  if (round > 0) {
    ours.push(...a.times)
    theirs.push(...b.times)
  }
  worst = Math.max(worst, ...a.losses.map((loss, i) => Math.abs(loss - b.losses[i])))
}
const count = parameterCount(model)
const tokens = size.batch * size.context
const matrixParameters = count - size.context * size.width - (2 * size.layers + 1) * size.width
const flops = 6 * matrixParameters * tokens + 12 * size.layers * size.context * size.width * tokens
const gemm = await rawGemm()
const [ms, theirMs] = [median(ours), median(theirs)]
console.log(`parameters ${count}, ${(flops / 1e9).toFixed(2)} GFLOP a step, PyTorch ${version}, ${threads} threads`)
console.log(`ours ${ms.toFixed(1)} ms, PyTorch ${theirMs.toFixed(1)} ms: ratio ${(ms / theirMs).toFixed(3)}; largest loss difference ${worst.toExponential(1)}`)
console.log(`raw GEMM 512³ ${gemm.toFixed(0)} GFLOP/s; share ${((flops / ms / 1e6 / gemm) * 100).toFixed(1)}%`)
peer.kill()
rmSync(folder, { recursive: true })

function peerWeights(model: GPT) {
  const names: [string, number[]][] = []
  const parts: Float32Array[] = []
  const put = (name: string, shape: number[], ...values: tf.Tensor[]) => {
    names.push([name, shape])
    for (const value of values) parts.push(value.dataSync() as Float32Array)
  }
  const { vocabulary, width, context } = size
  put('tokens.weight', [vocabulary, width], model.tokens.weight)
  put('positions.weight', [context, width], model.positions.weight)
  model.blocks.forEach((block, i) => {
    const name = `blocks.${i}`
    const { query, key, value, output } = block.attention
    put(`${name}.attention.weight`, [3 * width, width], query.weight, key.weight, value.weight)
    put(`${name}.output.weight`, [width, width], output.weight)
    put(`${name}.up.weight`, [4 * width, width], block.feedForward.input.weight)
    put(`${name}.down.weight`, [width, 4 * width], block.feedForward.output.weight)
    for (const [norm, layer] of [['norm1', block.attentionNorm], ['norm2', block.feedForwardNorm]] as const) {
      put(`${name}.${norm}.weight`, [width], layer.weight)
    }
  })
  put('norm.weight', [width], model.norm.weight)
  return { names, weights: Buffer.concat(parts.map((p) => Buffer.from(p.buffer, p.byteOffset, p.byteLength))) }
}

/** ONNX Runtime's rate on a 512³ product, GFLOP/s: the median of 30 runs of 8 chained products. */
async function rawGemm(): Promise<number> {
  const a = tf.variable(tf.randomNormal([512, 512]))
  const chain = jit((x: tf.Tensor) => {
    let y = x as tf.Tensor2D
    for (let i = 0; i < 8; i++) y = tf.matMul(y, a as tf.Tensor as tf.Tensor2D)
    return y
  })
  const times = Array.from({ length: 33 }, () => {
    const started = performance.now()
    chain(a).dispose()
    return performance.now() - started
  }).slice(3)
  return (8 * 2 * 512 ** 3) / median(times) / 1e6
}
