import fs from 'node:fs'
import path from 'node:path'
import { jit, Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkGradients } from '../../gradient-check.js'
import { difference, example, useTestDevice } from '../../testing.js'
import { pathsByEnumeration } from '../../testing/lattice-paths.js'
import { rnntLatticeLoss } from './lattice-loss.js'
import { rnntLoss } from './rnnt-loss.js'
import type { RnntTargets } from './targets.js'

beforeAll(useTestDevice)

const targetsOf = (labels: number[][], frames: number[], lengths: number[]): RnntTargets => ({
  labels: tf.tensor2d(labels, undefined, 'int32'),
  frameLengths: tf.tensor1d(frames, 'int32'),
  labelLengths: tf.tensor1d(lengths, 'int32'),
})

/** Loss and gradient of a sum of losses, called as it is and traced. */
function computed(loss: () => tf.Tensor, variable: tf.Variable): { value: number; gradient: tf.Tensor }[] {
  const run = (): tf.Tensor[] => {
    const { value, grads } = tf.variableGrads(() => loss() as tf.Scalar, [variable])
    return [value, grads[variable.name] as tf.Tensor]
  }
  return [run(), jit(run)()].map(([value, gradient]) => ({
    value: (value as tf.Tensor).dataSync()[0] as number,
    gradient: gradient as tf.Tensor,
  }))
}

interface ReferenceCase {
  name: string
  blank: number
  shape_BTUV: number[]
  logits: number[]
  labels: number[][]
  input_lengths: number[]
  label_lengths: number[]
  expected_costs: number[]
  expected_grad_logits?: number[]
  expected_grad_log_probs?: number[]
}

const root = process.env['PARLANCE_CORPORA']

describe.skipIf(!root)('reference losses and gradients (PARLANCE_CORPORA)', () => {
  const cases = root
    ? (JSON.parse(fs.readFileSync(path.join(root, 'ref-rnnt-loss', 'cases.json'), 'utf8')) as ReferenceCase[])
    : []

  it.each(cases.map((known) => [known.name, known] as const))('%s', (_, known) => {
    const flat = (nested: number[]): number[] => nested.flat(4) as number[]
    const [examples, frames, positions, size] = known.shape_BTUV as [number, number, number, number]
    const blank = known.blank < 0 ? known.blank + size : known.blank
    const targets = targetsOf(known.labels, known.input_lengths, known.label_lengths)
    const total = known.expected_costs.reduce((sum, cost) => sum + cost, 0)
    const expectNear = (value: number, gradient: tf.Tensor, wanted: number[]): void => {
      expect(Math.abs(value - total)).toBeLessThan(1e-5 * total)
      // The peers' figures are prints of float32.
      expect(difference(gradient, wanted)).toBeLessThan(1e-5 * Math.max(...wanted.map(Math.abs)))
    }
    const logits = tf.variable(tf.tensor(flat(known.logits), known.shape_BTUV))
    if (known.expected_grad_logits) {
      for (const { value, gradient } of computed(() => rnntLoss(logits, targets, { blank }).sum, logits)) {
        expectNear(value, gradient, flat(known.expected_grad_logits))
      }
    } else {
      const log = tf.variable(tf.logSoftmax(logits))
      const lastLabels = tf.concat([targets.labels, tf.fill([examples, 1], blank, 'int32')], 1)
      const oneHot = tf.oneHot(tf.tile(tf.expandDims(lastLabels, 1), [1, frames, 1]), size)
      const loss = (): tf.Tensor => {
        const arcs = {
          blank: tf.reshape(tf.slice(log, [0, 0, 0, blank], [-1, -1, -1, 1]), [examples, frames, positions]),
          label: tf.sum(tf.mul(log, oneHot), 3),
        }
        return rnntLatticeLoss(arcs, targets).sum
      }
      for (const { value, gradient } of computed(loss, log)) {
        expectNear(value, gradient, flat(known.expected_grad_log_probs as number[]))
      }
    }
  })
})

describe('rnntLoss', () => {
  it('is the sum over all paths, for any blank', () => {
    const random = new Random(3)
    for (const [labels, frames, blank] of [
      [[1, 1], 4, 0],
      [[0, 2], 1, 1],
      [[0, 1, 0], 3, 2],
      [[], 3, 2],
      [[1], 1, 0],
    ] as const) {
      const values = Array.from({ length: 4 * 4 * 3 }, () => random.normal(1)[0] as number)
      const padded = [...labels, 0, 0, 0].slice(0, 3)
      const { sum } = rnntLoss(tf.tensor4d(values, [1, 4, 4, 3]), targetsOf([padded], [frames], [labels.length]), { blank })
      const logits = (t: number, u: number): number[] => values.slice((t * 4 + u) * 3, (t * 4 + u + 1) * 3)
      const logProbability = (t: number, u: number, id: number): number =>
        (logits(t, u)[id] as number) - Math.log(logits(t, u).reduce((total, x) => total + Math.exp(x), 0))
      const paths = pathsByEnumeration(frames, labels.length, {
        blank: (t, u) => logProbability(t, u, blank),
        label: (t, u) => logProbability(t, u, labels[u] as number),
      })
      const wanted = -Math.log(paths.reduce((total, { logProbability }) => total + Math.exp(logProbability), 0))
      expect(sum.dataSync()[0]).toBeCloseTo(wanted, 5)
    }
  })

  it('is the sum over the paths that keep to the windows of the labels', () => {
    const random = new Random(5)
    const [frames, labels, size] = [5, [2, 1, 2], 3]
    const values = [...random.normal(frames * 4 * size)]
    const logProbability = (t: number, u: number, id: number): number => {
      const logits = values.slice((t * 4 + u) * size, (t * 4 + u + 1) * size)
      return (logits[id] as number) - Math.log(logits.reduce((total, x) => total + Math.exp(x), 0))
    }
    const paths = pathsByEnumeration(frames, labels.length, {
      blank: (t, u) => logProbability(t, u, 0),
      label: (t, u) => logProbability(t, u, labels[u] as number),
    })
    const logits = tf.variable(tf.tensor4d(values, [1, frames, 4, size]))
    for (const [earliest, latest] of [[[0, 0, 0], [9, 9, 9]], [[1, 1, 3], [1, 3, 4]], [[0, 2, 2], [1, 2, 2]]] as const) {
      const kept = paths.filter(({ labelFrames }) => labelFrames.every((at, u) => at >= (earliest[u] as number) && at <= (latest[u] as number)))
      const wanted = -Math.log(kept.reduce((total, { logProbability }) => total + Math.exp(logProbability), 0))
      const windows = { earliest: tf.tensor2d([[...earliest]], [1, 3], 'int32'), latest: tf.tensor2d([[...latest]], [1, 3], 'int32') }
      for (const { value, gradient } of computed(() => rnntLoss(logits, targetsOf([labels], [frames], [3]), { windows }).sum, logits)) {
        expect(value).toBeCloseTo(wanted, 5)
        // A shift of all logits of a cell changes nothing.
        expect(Math.abs(tf.sum(gradient).dataSync()[0] as number)).toBeLessThan(1e-5)
      }
    }
  })

  it('weighs paths by the frames that labels lie outside of their windows, where a slope is given', () => {
    const random = new Random(6)
    const values = [...random.normal(4 * 3 * 3)]
    const logProbability = (t: number, u: number, id: number): number => {
      const logits = values.slice((t * 3 + u) * 3, (t * 3 + u + 1) * 3)
      return (logits[id] as number) - Math.log(logits.reduce((total, x) => total + Math.exp(x), 0))
    }
    const [earliest, latest, slope] = [[1, 2], [1, 2], 0.7]
    const outside = (t: number, u: number): number => Math.max(0, (earliest[u] as number) - t, t - (latest[u] as number))
    const paths = pathsByEnumeration(4, 2, { blank: (t, u) => logProbability(t, u, 0), label: (t, u) => logProbability(t, u, u + 1) - slope * outside(t, u) })
    const wanted = -Math.log(paths.reduce((total, { logProbability }) => total + Math.exp(logProbability), 0))
    const windows = { earliest: tf.tensor2d([earliest], [1, 2], 'int32'), latest: tf.tensor2d([latest], [1, 2], 'int32'), slope }
    const { sum } = rnntLoss(tf.tensor4d(values, [1, 4, 3, 3]), targetsOf([[1, 2]], [4], [2]), { windows })
    expect(sum.dataSync()[0]).toBeCloseTo(wanted, 5)
  })

  it('has a gradient that agrees with differences inside of windows', async () => {
    const logits = example([2, 4, 3, 4])
    const targets = targetsOf([[1, 1], [2, 0]], [4, 3], [2, 1])
    const windows = { earliest: tf.tensor2d([[0, 2], [1, 0]], [2, 2], 'int32'), latest: tf.tensor2d([[1, 3], [1, 0]], [2, 2], 'int32') }
    expect(await checkGradients(() => rnntLoss(logits, targets, { windows }).sum, [logits])).toBeLessThan(1e-3)
    expect(await checkGradients(() => rnntLoss(logits, targets, { windows: { ...windows, slope: 0.5 } }).sum, [logits])).toBeLessThan(1e-3)
  })

  it('has a gradient that agrees with differences, weighted too', async () => {
    const logits = example([3, 3, 3, 4])
    const targets = targetsOf([[1, 1], [2, 0], [3, 3]], [3, 2, 1], [2, 1, 0])
    const weights = tf.tensor1d([1, 0.5, 2])
    expect(await checkGradients(() => rnntLoss(logits, targets).sum, [logits])).toBeLessThan(1e-3)
    expect(await checkGradients(() => rnntLoss(logits, targets, { weights, blank: 3 }).sum, [logits])).toBeLessThan(1e-3)
  })

  it('counts examples by their weights', () => {
    const logits = example([2, 3, 3, 4])
    const targets = targetsOf([[1, 1], [2, 3]], [3, 2], [2, 1])
    const one = (i: number): number => {
      const weights = tf.tensor1d([i === 0 ? 1 : 0, i])
      return rnntLoss(logits, targets, { weights }).sum.dataSync()[0] as number
    }
    const { sum, count } = rnntLoss(logits, targets, { weights: tf.tensor1d([2, 0.5]) })
    expect(sum.dataSync()[0]).toBeCloseTo(2 * one(0) + 0.5 * one(1), 5)
    expect(count.dataSync()[0]).toBe(2.5)
    expect(rnntLoss(logits, targets).count.dataSync()[0]).toBe(2)
  })

  it('does not change with the padding or the batch, and gives padding no gradient', () => {
    const small = example([1, 2, 2, 3])
    const alone = computed(() => rnntLoss(small, targetsOf([[1]], [2], [1])).sum, small)[0] as { value: number; gradient: tf.Tensor }
    // The same in the corner of a greater lattice, whose other cells would dominate.
    const inCorner = tf.pad(small, [[0, 1], [0, 2], [0, 2], [0, 0]])
    const corner = tf.pad(tf.ones([1, 2, 2, 3]), [[0, 1], [0, 2], [0, 2], [0, 0]])
    const noise = tf.mul(tf.mul(example([2, 4, 4, 3], 1), 1000), tf.sub(1, corner))
    const batch = tf.variable(tf.add(inCorner, noise))
    const targets = targetsOf([[1, 0, 2], [2, 2, 1]], [2, 4], [1, 3])
    const weights = tf.tensor1d([1, 0])
    for (const { value, gradient } of computed(() => rnntLoss(batch, targets, { weights }).sum, batch)) {
      expect(value).toBeCloseTo(alone.value, 5)
      const first = tf.slice(gradient, [0, 0, 0, 0], [1, 2, 2, 3])
      expect(difference(first, [...alone.gradient.dataSync()])).toBeLessThan(1e-6)
      const elsewhere = tf.max(tf.abs(tf.mul(gradient, tf.sub(1, corner))))
      expect(elsewhere.dataSync()[0]).toBe(0)
    }
  })

  it('agrees with the closed form where all classes are alike, in a long lattice', () => {
    const [frames, labels, size] = [300, 100, 3]
    const logits = tf.variable(tf.zeros([1, frames, labels + 1, size]))
    const targets = targetsOf([new Array<number>(labels).fill(1)], [frames], [labels])
    // C(T + U − 1, U) paths of T + U arcs of probability 1 / V.
    let logPaths = 0
    for (let i = 1; i <= labels; i++) logPaths += Math.log((frames - 1 + i) / i)
    const wanted = (frames + labels) * Math.log(size) - logPaths
    for (const { value, gradient } of computed(() => rnntLoss(logits, targets).sum, logits)) {
      expect(Math.abs(value - wanted)).toBeLessThan(1e-6 * wanted)
      // Blank is taken T times and each label once: softmax's share, a third of all arcs, minus that.
      const byClass = [...tf.sum(gradient, [0, 1, 2]).dataSync()]
      const all = (frames + labels) / size
      for (const [i, sum] of [all - frames, all - labels, all].entries()) {
        expect(Math.abs((byClass[i] as number) - sum)).toBeLessThan(1e-5 * (frames + labels))
      }
      // The third class has softmax · occupancy, and the lattice read backwards is the same.
      const unused = tf.reshape(tf.slice(gradient, [0, 0, 0, 2], [-1, -1, -1, 1]), [-1])
      expect(difference(unused, [...tf.reverse(unused, 0).dataSync()])).toBeLessThan(1e-6)
    }
  })

  it('stays finite and right where scores are extreme', () => {
    // Label 1 is possible only at the last of three frames, the rest is 20,000 nats away: a difference of sums loses it.
    const cell = (favoured: number): number[] => [0, 1, 2].map((id) => (id === favoured ? 0 : -20_000))
    const both = [0, 0, -20_000]
    const frames = [[cell(0), cell(0)], [cell(0), cell(0)], [both, cell(0)]]
    const logits = tf.variable(tf.tensor4d([frames]))
    for (const { value, gradient } of computed(() => rnntLoss(logits, targetsOf([[1]], [3], [1])).sum, logits)) {
      expect(value).toBeCloseTo(Math.log(2), 5)
      expect([...tf.slice(gradient, [0, 2, 0, 0], [1, 1, 1, 3]).dataSync()]).toEqual([0.5, -0.5, 0])
    }
    for (const size of [1e4, 1e8]) {
      const hopeless = tf.variable(tf.tensor4d([frames.map((row) => row.map(() => [0, -size, -size]))]))
      for (const { value, gradient } of computed(() => rnntLoss(hopeless, targetsOf([[1]], [3], [1])).sum, hopeless)) {
        // One label, at any of the three frames; floats of that size have steps of 1e-3 and 8.
        expect(Math.abs(value - size + Math.log(3))).toBeLessThan(2e-7 * size)
        const emitted = tf.sum(tf.slice(gradient, [0, 0, 0, 1], [1, 3, 1, 1])).dataSync()[0] as number
        expect(Math.abs(emitted + 1)).toBeLessThan(size === 1e4 ? 1e-3 : 0.5)
      }
    }
  })

  it('rejects shapes, types and blanks that do not fit', () => {
    const logits = tf.zeros([2, 4, 3, 5])
    const labels = [[1, 2], [1, 2]]
    const good = targetsOf(labels, [4, 4], [2, 2])
    const int = (values: number[]): tf.Tensor => tf.tensor1d(values, 'int32')
    expect(() => rnntLoss(tf.zeros([4, 3, 5]), good)).toThrow('(N, T, U + 1, V) must have 4 axes, got shape [4, 3, 5]')
    expect(() => rnntLoss(logits, { ...good, frameLengths: int([4]) })).toThrow('got 2 examples, 2 label rows, 1 frame lengths')
    expect(() => rnntLoss(logits, { ...good, labels: tf.zeros([2, 2]) })).toThrow('must be int32, got float32')
    expect(() => rnntLoss(logits, { ...good, labels: tf.zeros([2, 3], 'int32') })).toThrow('one longer than the labels, 4, got 3')
    expect(() => rnntLoss(logits, { ...good, labels: tf.zeros([2, 0], 'int32') })).toThrow('one column at least')
    expect(() => rnntLoss(logits, good, { blank: 5 })).toThrow('must lie in 0 … 4, got 5')
    expect(() => rnntLoss(tf.zeros([2, 4, 3, 1]), good)).toThrow('two classes at least, blank and a label, got 1')
    const arcs = { blank: tf.zeros([2, 4, 3]), label: tf.zeros([2, 4, 2]) }
    expect(() => rnntLatticeLoss(arcs, good)).toThrow("must have the shape of blank's, [2, 4, 3], got [2, 4, 2]")
  })
})
