import { jit, Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkGradients } from '../../gradient-check.js'
import { Embedding } from '../../layers/embedding.js'
import { Linear } from '../../layers/linear.js'
import { Module, namedParameters } from '../../module.js'
import { Adam } from '../../optimizers/index.js'
import { difference, example, useTestDevice } from '../../testing.js'
import { pathsByEnumeration } from '../../testing/lattice-paths.js'
import { trainingStep } from '../../training/training-step.js'
import { meanLoss, type SummedLoss } from '../summed.js'
import { rnntPrunedLoss } from './pruned-loss.js'
import { rnntBand, rnntPruningBounds } from './pruning.js'
import { rnntLoss } from './rnnt-loss.js'
import { rnntSimpleLoss } from './simple-loss.js'
import type { RnntTargets } from './targets.js'

beforeAll(useTestDevice)

const targetsOf = (labels: number[][], frames: number[], lengths: number[]): RnntTargets => ({
  labels: tf.tensor2d(labels, undefined, 'int32'),
  frameLengths: tf.tensor1d(frames, 'int32'),
  labelLengths: tf.tensor1d(lengths, 'int32'),
})
const first = (tensor: tf.Tensor): number => tensor.dataSync()[0] as number

describe('rnntSimpleLoss', () => {
  it('is the loss of the sum of both scores, with its gradients, blank and lengths', () => {
    const [encoder, predictor] = [example([2, 5, 4]), example([2, 4, 4], 2)]
    const targets = targetsOf([[0, 1, 1], [3, 0, 0]], [5, 3], [3, 1])
    const weights = tf.tensor1d([1, 0.5])
    const full = (): tf.Scalar => {
      const logits = tf.add(tf.expandDims(encoder, 2), tf.expandDims(predictor, 1))
      return rnntLoss(logits, targets, { blank: 2, weights }).sum
    }
    const simple = (): tf.Scalar => rnntSimpleLoss(encoder, predictor, targets, { blank: 2, weights }).sum
    const wanted = tf.variableGrads(full)
    const run = (): tf.Tensor[] => {
      const { value, grads } = tf.variableGrads(simple)
      return [value, grads[encoder.name] as tf.Tensor, grads[predictor.name] as tf.Tensor]
    }
    for (const [value, byEncoder, byPredictor] of [run(), jit(run)()] as [tf.Tensor, tf.Tensor, tf.Tensor][]) {
      expect(first(value)).toBeCloseTo(first(wanted.value), 4)
      expect(difference(byEncoder, [...(wanted.grads[encoder.name] as tf.Tensor).dataSync()])).toBeLessThan(1e-5)
      expect(difference(byPredictor, [...(wanted.grads[predictor.name] as tf.Tensor).dataSync()])).toBeLessThan(1e-5)
    }
  })

  it('says what does not fit', () => {
    const targets = targetsOf([[1]], [2], [1])
    expect(() => rnntSimpleLoss(tf.zeros([1, 2, 4]), tf.zeros([1, 2, 5]), targets)).toThrow('width 4, got 5')
    expect(() => rnntSimpleLoss(tf.zeros([1, 2, 4]), tf.zeros([2, 2, 4]), targets)).toThrow('the same examples, got 1 and 2')
  })
})

describe('rnntPruningBounds', () => {
  const uniform = (random: Random, shape: number[]): tf.Tensor =>
    tf.tensor(random.uniform(shape.reduce((a, b) => a * b), 0, 1), shape)

  it('starts at 0, never goes back or leaves a position out, and reaches the last label', () => {
    const random = new Random(2)
    const [frames, labels] = [12, 9]
    for (const width of [2, 3, 5, 10, 20]) {
      const occupancies = { blank: uniform(random, [4, frames, labels + 1]), label: uniform(random, [4, frames, labels + 1]) }
      const lengths = { frameLengths: [12, 10, 9, 1], labelLengths: [9, 5, 0, 1] }
      const bounds = rnntPruningBounds(
        occupancies,
        { frameLengths: tf.tensor1d(lengths.frameLengths, 'int32'), labelLengths: tf.tensor1d(lengths.labelLengths, 'int32') },
        width,
      )
      const kept = Math.min(width, labels + 1)
      for (const [n, row] of bounds.arraySync().entries()) {
        const [last, most] = [(lengths.frameLengths[n] as number) - 1, lengths.labelLengths[n] as number]
        expect(row[0]).toBe(0)
        for (const [t, start] of row.slice(1).entries()) {
          expect(start - (row[t] as number)).toBeGreaterThanOrEqual(0)
          expect(start - (row[t] as number)).toBeLessThan(kept)
        }
        expect((row[last] as number) + kept).toBeGreaterThan(most)
        expect(row[last]).toBe(Math.max(0, most - kept + 1))
      }
    }
  })

  it('keeps the positions that paths take', () => {
    // All labels but the last in one frame, which the band cannot follow at once: it goes ahead of it.
    const at = [0, 0, 0, 4, 4, 5]
    const occupancy = tf.tensor3d([at.map((u) => [0, 1, 2, 3, 4, 5].map((position) => (position === u ? 1 : 0)))])
    const lengths = { frameLengths: tf.tensor1d([6], 'int32'), labelLengths: tf.tensor1d([5], 'int32') }
    const bounds = rnntPruningBounds({ blank: occupancy, label: tf.zerosLike(occupancy) }, lengths, 3)
    // Windows of 3 with the positions in `at` are first at [0, 0, 0, 2, 2, 3].
    expect(bounds.arraySync()).toEqual([[0, 0, 0, 2, 2, 3]])
    const narrow = rnntPruningBounds({ blank: occupancy, label: tf.zerosLike(occupancy) }, lengths, 2)
    // First windows [0, 0, 0, 3, 3, 4], steps of 1 at most: it leaves 0 before it would like to.
    expect(narrow.arraySync()).toEqual([[0, 1, 2, 3, 3, 4]])
    expect(() => rnntPruningBounds({ blank: occupancy, label: occupancy }, lengths, 1)).toThrow('a whole number of 2 or more, got 1')
  })
})

describe('rnntPrunedLoss', () => {
  let bounds: tf.Tensor2D
  let targets: RnntTargets
  beforeAll(() => {
    bounds = tf.tensor2d([[0, 1, 1, 2], [0, 0, 1, 1]], [2, 4], 'int32')
    targets = targetsOf([[1, 3, 2], [2, 2, 0]], [4, 3], [3, 2])
  })

  it('is the sum over the paths within the band', () => {
    const random = new Random(4)
    const logits = random.normal(2 * 4 * 2 * 5)
    const starts = bounds.arraySync()
    const labels = targets.labels.arraySync() as number[][]
    for (const [n, frames, count] of [[0, 4, 3], [1, 3, 2]] as const) {
      const score = (id: (u: number) => number, most: number) => (t: number, u: number): number => {
        const k = u - (starts[n]?.[t] as number)
        if (k < 0 || k > most) return -Infinity
        const row = logits.slice(((n * 4 + t) * 2 + k) * 5, ((n * 4 + t) * 2 + k + 1) * 5)
        return (row[id(u)] as number) - Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0))
      }
      const paths = pathsByEnumeration(frames, count, { blank: score(() => 4, 1), label: score((u) => labels[n]?.[u] as number, 0) })
      const wanted = -Math.log(paths.reduce((sum, { logProbability }) => sum + Math.exp(logProbability), 0))
      const weights = tf.tensor1d([1 - n, n])
      const loss = rnntPrunedLoss(tf.tensor(logits, [2, 4, 2, 5]), bounds, targets, { blank: 4, weights })
      expect(first(loss.sum)).toBeCloseTo(wanted, 5)
      expect(first(loss.count)).toBe(1)
    }
  })

  it('has a gradient that agrees with differences', async () => {
    const logits = example([2, 4, 2, 5])
    expect(await checkGradients(() => rnntPrunedLoss(logits, bounds, targets).sum, [logits])).toBeLessThan(1e-3)
  })

  it('is the full loss where the band is as wide as the lattice', () => {
    const logits = example([2, 4, 4, 5])
    const whole = tf.variableGrads(() => rnntLoss(logits, targets).sum)
    const { value, grads } = tf.variableGrads(() => rnntPrunedLoss(logits, tf.zeros([2, 4], 'int32'), targets).sum)
    expect(first(value)).toBeCloseTo(first(whole.value), 5)
    expect(difference(grads[logits.name] as tf.Tensor, [...(whole.grads[logits.name] as tf.Tensor).dataSync()])).toBeLessThan(1e-6)
  })

  it('leaves out examples without a path in any band', () => {
    const logits = example([2, 4, 2, 5])
    const crowded = { ...targets, frameLengths: tf.tensor1d([2, 3], 'int32') }
    const { value, grads } = tf.variableGrads(() => rnntPrunedLoss(logits, bounds, crowded).sum)
    const alone = rnntPrunedLoss(logits, bounds, crowded, { weights: tf.tensor1d([0, 1]) })
    expect(first(value)).toBeCloseTo(first(alone.sum), 5)
    expect(first(rnntPrunedLoss(logits, bounds, crowded).count)).toBe(1)
    expect([...tf.slice(grads[logits.name] as tf.Tensor, 0, 1).dataSync()].every((x) => x === 0)).toBe(true)
  })

  it('says what does not fit', () => {
    expect(() => rnntPrunedLoss(tf.zeros([2, 4, 5, 5]), bounds, targets)).toThrow('at most as wide as the lattice, 4, got 5')
    expect(() => rnntPrunedLoss(tf.zeros([2, 3, 2, 5]), bounds, targets)).toThrow('must have shape [2, 3], got [2, 4]')
  })
})

/** A transducer that tells planted labels by noisy frames, with a simple and a full joiner. */
class Recognizer extends Module {
  readonly encoder = new Linear({ inputs: 8, outputs: 16, random: new Random(8, 'encoder') })
  readonly predictor = new Embedding({ entries: 8, width: 16, random: new Random(8, 'predictor') })
  readonly acoustic = new Linear({ inputs: 16, outputs: 8, random: new Random(8, 'acoustic') })
  readonly language = new Linear({ inputs: 16, outputs: 8, random: new Random(8, 'language') })
  readonly output = new Linear({ inputs: 16, outputs: 8, random: new Random(8, 'output') })

  encode = (frames: tf.Tensor): tf.Tensor => tf.tanh(this.encoder.forward(frames))
  /** (N, U + 1, width): of the label before each position, at first of blank. */
  predict = (labels: tf.Tensor): tf.Tensor => this.predictor.forward(tf.pad(labels, [[0, 0], [1, 0]]))
  join = (encoded: tf.Tensor, predicted: tf.Tensor): tf.Tensor =>
    this.output.forward(tf.tanh(tf.add(tf.expandDims(encoded, 2), predicted)))
}

describe('pruned training', () => {
  const [examples, frames, labels, width] = [8, 40, 24, 4]
  type Batch = { frames: tf.Tensor; labels: tf.Tensor }
  const batchOf = (random: Random): Batch => {
    const ids = Array.from({ length: examples }, () => Array.from({ length: labels }, () => 1 + random.integer(7)))
    const planted = ids.map((row) => {
      const places = [...Array(frames).keys()].sort((a, b) => (a * 17) % frames - ((b * 17) % frames)).slice(0, labels).sort((a, b) => a - b)
      return Array.from({ length: frames }, (_, t) => {
        const id = places.includes(t) ? (row[places.indexOf(t)] as number) : 0
        return [...random.normal(8, 0, 0.3)].map((noise, v) => noise + (v === id ? 2 : 0))
      })
    })
    return { frames: tf.tensor3d(planted), labels: tf.tensor2d(ids, undefined, 'int32') }
  }
  let lengths: { frameLengths: tf.Tensor; labelLengths: tf.Tensor }
  let model: Recognizer
  beforeAll(() => {
    lengths = { frameLengths: tf.fill([examples], frames, 'int32'), labelLengths: tf.fill([examples], labels, 'int32') }
    model = new Recognizer()
  })
  const full = (batch: Batch): SummedLoss => {
    const predicted = tf.expandDims(model.predict(batch.labels), 1)
    return rnntLoss(model.join(model.encode(batch.frames), predicted), { ...lengths, labels: batch.labels })
  }
  const pruned = (batch: Batch): { simple: SummedLoss; pruned: SummedLoss } => {
    const targets = { ...lengths, labels: batch.labels }
    const [encoded, predicted] = [model.encode(batch.frames), model.predict(batch.labels)]
    const simple = rnntSimpleLoss(model.acoustic.forward(encoded), model.language.forward(predicted), targets)
    const bounds = rnntPruningBounds(simple.occupancies, targets, width)
    const logits = model.join(encoded, rnntBand(predicted, bounds, width))
    return { simple, pruned: rnntPrunedLoss(logits, bounds, targets) }
  }

  it('learns as the full loss measures it, to within a hundredth', () => {
    const parameters = namedParameters(model)
    const random = new Random(9, 'batches')
    const held = batchOf(random.fork('held'))
    const untrained = first(meanLoss(full(held)))
    const step = jit(
      trainingStep({
        parameters,
        optimizer: new Adam(parameters),
        loss: (batch: Batch) => {
          const losses = pruned(batch)
          return { sum: tf.add(tf.mul(losses.simple.sum, 0.5), losses.pruned.sum) as tf.Scalar, count: losses.pruned.count }
        },
      }),
    )
    for (let i = 1; i <= 60; i++) step(batchOf(random.fork(i)), { learningRate: tf.scalar(0.03), step: tf.scalar(i, 'int32') })
    const whole = first(meanLoss(full(held)))
    const onBand = first(meanLoss(pruned(held).pruned))
    expect(whole).toBeLessThan(untrained / 4)
    // Fewer paths: never less than the full loss.
    expect(onBand - whole).toBeGreaterThan(-1e-4 * whole)
    expect(onBand / whole - 1).toBeLessThan(0.01)
  })

  it('takes a quarter of the memory and less', () => {
    const [encoded, predicted, weight] = [example([2, 60, 16]), example([2, 41, 16]), example([16, 200])]
    const targets = targetsOf([new Array<number>(40).fill(1), new Array<number>(40).fill(2)], [60, 60], [40, 40])
    const logits = (cells: tf.Tensor): tf.Tensor => {
      const hidden = tf.tanh(tf.add(tf.expandDims(encoded, 2), cells))
      const rows = tf.matMul(tf.reshape(hidden, [-1, 16]) as tf.Tensor2D, weight as tf.Tensor as tf.Tensor2D)
      return tf.reshape(rows, [...hidden.shape.slice(0, 3), 200])
    }
    const full = (): tf.Scalar => rnntLoss(logits(tf.expandDims(predicted, 1)), targets).sum
    const pruned = (): tf.Scalar => {
      const scores = (x: tf.Tensor): tf.Tensor => {
        const rows = tf.matMul(tf.reshape(x, [-1, 16]) as tf.Tensor2D, weight as tf.Tensor as tf.Tensor2D)
        return tf.reshape(rows, [2, -1, 200])
      }
      const simple = rnntSimpleLoss(scores(encoded), scores(predicted), targets)
      const bounds = rnntPruningBounds(simple.occupancies, targets, 5)
      return tf.add(simple.sum, rnntPrunedLoss(logits(rnntBand(predicted, bounds, 5)), bounds, targets).sum) as tf.Scalar
    }
    const [whole, onBand] = [full, pruned].map((loss) => {
      const step = jit(() => {
        const { value, grads } = tf.variableGrads(loss)
        return [value, ...Object.values(grads)]
      })
      return jit.explain(step).bytes.peak
    }) as [number, number]
    expect(whole).toBeGreaterThan(4 * onBand)
  })
})
