/**
 * What recomputing activations saves and costs: a training step of transformer blocks (width 256, 4 heads, feed-forward
 * 1,024, batch 8, context 128, dropout 0.1), each block behind `checkpoint` or not, in processes of their own.
 *
 *     npm run bench -- runtime/checkpoint [LAYERS]
 */
import { spawnSync } from 'node:child_process'
import { useDevice } from '../src/device.js'
import { checkpoint } from '../src/jit/checkpoint.js'
import { jit } from '../src/jit/jit.js'
import { dropout } from '../src/ops/dropout.js'
import { gelu } from '../src/ops/gelu.js'
import { iota } from '../src/ops/iota.js'
import { layerNorm } from '../src/ops/layer-norm.js'
import { Random } from '../src/random.js'
import { tf } from '../src/tf.js'

const [batch, length, width, heads] = [8, 128, 256, 4]
const steps = 10
const modes = { plain: <F>(fn: F): F => fn, checkpoint } as const

const [layers = '12', mode] = process.argv.slice(2)
if (mode === undefined) compare()
else await measure(Number(layers), modes[mode as keyof typeof modes] as typeof checkpoint)

/** Fresh processes, A B A B. */
function compare(): void {
  for (const mode of ['plain', 'checkpoint', 'plain', 'checkpoint']) {
    const flags = [...process.execArgv, import.meta.filename, layers, mode]
    console.log(`${mode.padEnd(10)} ${spawnSync(process.execPath, flags, { encoding: 'utf8' }).stdout.trim()}`)
  }
}

async function measure(layers: number, wrap: typeof checkpoint): Promise<void> {
  await useDevice('cpu', { threads: 2 })
  const random = new Random(1)
  const weight = (...shape: number[]) => tf.variable(tf.tensor(random.normal(shape.reduce((a, b) => a * b, 1), 0, 0.02), shape))
  const blocks = Array.from({ length: layers }, () => ({
    scale: tf.variable(tf.ones([width])), shift: tf.variable(tf.zeros([width])),
    query: weight(width, width), key: weight(width, width), value: weight(width, width), out: weight(width, width),
    up: weight(width, 4 * width), down: weight(4 * width, width),
  }))
  const dense = (x: tf.Tensor, w: tf.Tensor) =>
    tf.reshape(tf.matMul(tf.reshape(x, [batch * length, -1]) as tf.Tensor2D, w as tf.Tensor2D), [batch, length, -1])
  const split = (x: tf.Tensor) => tf.transpose(tf.reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3])
  const run = ({ scale, shift, query, key, value, out, up, down }: (typeof blocks)[0], i: number, step: tf.Tensor) => (x: tf.Tensor) => {
    const masks = { seed: 1, step, examples: iota(batch) }
    const normed = layerNorm(x, scale as tf.Tensor, shift as tf.Tensor, 1e-5)
    const scores = tf.mul(tf.matMul(split(dense(normed, query)), split(dense(normed, key)), false, true), (width / heads) ** -0.5)
    const seen = tf.reshape(tf.transpose(tf.matMul(tf.softmax(scores), split(dense(normed, value))), [0, 2, 1, 3]), [batch, length, width])
    const y = tf.add(x, dropout(dense(seen, out), 0.1, masks, 2 * i))
    return tf.add(y, dropout(dense(gelu(dense(y, up)), down), 0.1, masks, 2 * i + 1))
  }
  const variables = blocks.flatMap((block) => Object.values(block)) as tf.Variable[]
  const step = jit((x: tf.Tensor, number: tf.Tensor) => {
    const loss = () => tf.mean(tf.square(blocks.reduce((y, block, i) => wrap(run(block, i, number))(y), x))) as tf.Scalar
    const { value, grads } = tf.variableGrads(loss, variables)
    for (const variable of variables) variable.assign(tf.sub(variable, tf.mul(grads[variable.name] as tf.Tensor, 1e-3)))
    return value
  })
  const x = tf.tensor(random.normal(batch * length * width), [batch, length, width])
  const before = process.memoryUsage.rss()
  const times: number[] = []
  let loss = 0
  for (let i = 0; i < steps; i++) {
    const started = performance.now()
    const [number] = [tf.scalar(i, 'int32')]
    const result = step(x, number)
    loss = result.dataSync()[0] as number
    times.push(performance.now() - started)
    tf.dispose([result, number])
  }
  const peak = process.resourceUsage().maxRSS * 1024 - before
  const median = times.slice(1).sort((a, b) => a - b)[steps >> 1] as number
  console.log(`${(peak / 2 ** 20).toFixed(0)} MiB more than before the first step, ${median.toFixed(0)} ms a step, loss after ${steps} steps ${loss}`)
}
