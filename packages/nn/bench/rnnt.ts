/**
 * A step of joiner and full-lattice transducer loss beside PyTorch's, written plainly there: batch 8, 150 frames, 40 labels,
 * 500 classes; tanh of encoder plus predictor, output layer, loss, gradients by encoder, predictor and layer, and a step
 * down them. Then the same with the pruned loss on 5 positions a frame, simple joiner included, which PyTorch lacks.
 *
 *     npm run bench -- nn/rnnt [--python PYTHON] [--width D] [--threads N]
 *
 * Two processes take turns in every round; printed are medians, without the first round. Losses of the full lattice must
 * agree, or no time is printed.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { meanLoss, rnntBand, rnntLoss, rnntPrunedLoss, rnntPruningBounds, rnntSimpleLoss, type RnntTargets } from '@parlance/nn'
import { jit, Random, tf, useDevice } from '@parlance/runtime'
import { Peer } from '../../../test/bench/peer.js'
import { median, milliseconds } from '../../../test/bench/timing.js'

const ROUNDS = 5
const STEPS = 3
const [EXAMPLES, FRAMES, LABELS, CLASSES] = [8, 150, 40, 500]
const LEARNING_RATE = 0.02
/** Positions a frame for the pruned loss. */
const BAND = 5
/** The most by which losses may differ, relative to the first. */
const TOLERANCE = 1e-5

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    width: { type: 'string', default: '256' },
    threads: { type: 'string', default: '2' },
  },
})
const [width, threads] = [Number(values.width), Number(values.threads)]

const random = new Random(1)
const initial = (shape: number[], deviation: number): [shape: number[], values: Float32Array] => [
  shape,
  random.normal(shape.reduce((a, b) => a * b), 0, deviation),
]
const parameters = [
  initial([EXAMPLES, FRAMES, width], 0.5),
  initial([EXAMPLES, LABELS + 1, width], 0.5),
  initial([CLASSES, width], width ** -0.5),
  initial([CLASSES], 0.1),
]
const labels = Array.from({ length: EXAMPLES }, () => Array.from({ length: LABELS }, () => 1 + random.integer(CLASSES - 1)))
const frameLengths = Array.from({ length: EXAMPLES }, (_, i) => FRAMES - 7 * i)
const labelLengths = Array.from({ length: EXAMPLES }, (_, i) => LABELS - 3 * i)

type Loss = (parameters: readonly tf.Variable[], targets: RnntTargets) => tf.Scalar

/** Cells (N, T, K, D) of the joiner as logits. */
function output(cells: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  const rows = tf.matMul(tf.reshape(cells, [-1, width]) as tf.Tensor2D, weight as tf.Tensor2D, false, true)
  return tf.reshape(tf.add(rows, bias), [...cells.shape.slice(0, -1), CLASSES])
}

const full: Loss = ([encoder, predictor, weight, bias], targets) => {
  const hidden = tf.tanh(tf.add(tf.expandDims(encoder as tf.Tensor, 2), tf.expandDims(predictor as tf.Tensor, 1)))
  return meanLoss(rnntLoss(output(hidden, weight as tf.Tensor, bias as tf.Tensor), targets))
}

/** The simple joiner's scores are made by two layers of their own. */
const pruned: Loss = ([encoder, predictor, weight, bias, acoustic, language], targets) => {
  const scores = (x: tf.Tensor, layer: tf.Tensor): tf.Tensor => output(x, layer, bias as tf.Tensor)
  const [a, b] = [scores(encoder as tf.Tensor, acoustic as tf.Tensor), scores(predictor as tf.Tensor, language as tf.Tensor)]
  const simple = rnntSimpleLoss(a, b, targets)
  const bounds = rnntPruningBounds(simple.occupancies, targets, BAND)
  const hidden = tf.tanh(tf.add(tf.expandDims(encoder as tf.Tensor, 2), rnntBand(predictor as tf.Tensor, bounds, BAND)))
  const onBand = rnntPrunedLoss(output(hidden, weight as tf.Tensor, bias as tf.Tensor), bounds, targets)
  return tf.add(meanLoss(onBand), tf.mul(meanLoss(simple), 0.5)) as tf.Scalar
}

/** One step, returning the loss before it, and what memory it takes at most by the graph's plan. */
function compiledStep(loss: Loss, more: typeof parameters = []): { step: () => number; bytes: () => number } {
  const variables = [...parameters, ...more].map(([shape, values]) => tf.variable(tf.tensor(values, shape)))
  const targets = {
    labels: tf.tensor2d(labels, undefined, 'int32'),
    frameLengths: tf.tensor1d(frameLengths, 'int32'),
    labelLengths: tf.tensor1d(labelLengths, 'int32'),
  }
  const compiled = jit(() => {
    const { value, grads } = tf.variableGrads(() => loss(variables, targets), variables)
    for (const x of variables) x.assign(tf.sub(x, tf.mul(grads[x.name] as tf.Tensor, LEARNING_RATE)))
    return value
  })
  const step = (): number => {
    const value = compiled()
    const [read] = value.dataSync()
    value.dispose()
    return read as number
  }
  return { step, bytes: () => jit.explain(compiled).bytes.peak }
}

interface Answer {
  times: number[]
  losses: number[]
  peakBytes: number
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0)
}

const folder = mkdtempSync(join(tmpdir(), 'rnnt-'))
const peer = Peer.python(values.python, 'rnnt.py')
try {
  const file = join(folder, 'values')
  writeFileSync(file, Buffer.concat(parameters.map(([, array]) => Buffer.from(array.buffer, array.byteOffset, array.byteLength))))
  const shapes = parameters.map(([shape]) => shape)
  const setup = { threads, values: file, shapes, labels, frameLengths, labelLengths, learningRate: LEARNING_RATE }
  const { version } = await peer.ask<{ version: string }>(setup)
  await useDevice('cpu', { threads })
  const ofFull = compiledStep(full)
  const ours: Pick<Answer, 'times' | 'losses'> = { times: [], losses: [] }
  const theirs: Answer = { times: [], losses: [], peakBytes: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < STEPS; i++) ours.times.push(milliseconds(() => ours.losses.push(ofFull.step())))
    const { times, losses, peakBytes } = await peer.ask<Answer>({ steps: STEPS })
    theirs.times.push(...times)
    theirs.losses.push(...losses)
    theirs.peakBytes = peakBytes
  }
  const [first] = ours.losses as [number]
  const apart = Math.max(...ours.losses.map((loss, i) => Math.abs(loss - (theirs.losses[i] as number)))) / first
  if (!(apart <= TOLERANCE)) throw new Error(`The losses differ by up to ${apart} of the first, so that the times do not compare.`)
  const [mine, other] = [ours, theirs].map(({ times }) => median(times.slice(STEPS))) as [number, number]
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024
  console.log(`width ${width}, ${threads} threads; loss ${first.toFixed(3)} at first, ${ours.losses.at(-1)?.toFixed(3)} after ${ours.losses.length - 1} steps`)
  console.log(`Parlance: ${mine.toFixed(0)} ms a step; peak ${mebibytes(peak)} MiB`)
  console.log(`PyTorch ${version}: ${other.toFixed(0)} ms a step; peak ${mebibytes(theirs.peakBytes)} MiB`)
  const layers = [initial([CLASSES, width], width ** -0.5), initial([CLASSES, width], width ** -0.5)]
  const ofPruned = compiledStep(pruned, layers)
  const times = Array.from({ length: ROUNDS * STEPS }, () => milliseconds(ofPruned.step)).slice(STEPS)
  console.log(`time × ${(mine / other).toFixed(3)}; losses differ by at most ${apart.toExponential(1)} of the first`)
  const [whole, band] = [ofFull, ofPruned].map(({ bytes }) => bytes()) as [number, number]
  console.log(
    `pruned to ${BAND} positions: ${median(times).toFixed(0)} ms a step; at most ${mebibytes(band)} MiB at a time by plan, ` +
      `where the full lattice takes ${mebibytes(whole)}: × ${(band / whole).toFixed(3)}`,
  )
} finally {
  peer.end()
  rmSync(folder, { recursive: true })
}
process.exit()
