import { Random, tf } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { useTestDevice } from '../../testing.js'
import { pathsByEnumeration } from '../../testing/lattice-paths.js'
import { ctcLoss } from '../ctc.js'
import { rnntLatticeLoss } from '../rnnt/index.js'
import { alignCtc } from './ctc-alignment.js'
import { ctcLatticeSvg, rnntLatticeSvg } from './lattice-svg.js'
import { alignRnnt, rnntAlignments } from './rnnt-alignment.js'

beforeAll(useTestDevice)

const int = (values: number[]): tf.Tensor => tf.tensor1d(values, 'int32')
const logSumExp = (values: readonly number[]): number => Math.log(values.reduce((sum, x) => sum + Math.exp(x), 0))
const expectClose = (got: ArrayLike<number>, wanted: readonly number[]): void => {
  expect(got.length).toBe(wanted.length)
  for (const [i, value] of wanted.entries()) expect(got[i]).toBeCloseTo(value, 12)
}

describe('alignRnnt', () => {
  it('finds the most probable of all paths, and what share of them takes each arc', () => {
    const random = new Random(5)
    for (const [frames, labels] of [[4, 3], [1, 2], [3, 1], [5, 0], [2, 4]] as const) {
      const table = random.uniform(2 * frames * (labels + 1), -3, 0)
      const at = (kind: number) => (t: number, u: number) => table[(kind * frames + t) * (labels + 1) + u] as number
      const score = { blank: at(0), label: at(1) }
      const paths = pathsByEnumeration(frames, labels, score)
      const best = paths.reduce((a, b) => (b.logProbability > a.logProbability ? b : a))
      const found = alignRnnt(frames, labels, score)
      expect(found.labelFrames).toEqual(best.labelFrames)
      expect(found.bestPath).toBeCloseTo(best.logProbability, 12)
      const total = logSumExp(paths.map(({ logProbability }) => logProbability))
      expect(found.total).toBeCloseTo(total, 12)
      const share = (takes: (labelFrames: number[], t: number, u: number) => boolean): number[] =>
        Array.from({ length: frames * (labels + 1) }, (_, i) => {
          const [t, u] = [Math.floor(i / (labels + 1)), i % (labels + 1)]
          const taking = paths.filter(({ labelFrames }) => takes(labelFrames, t, u))
          return taking.reduce((sum, { logProbability }) => sum + Math.exp(logProbability - total), 0)
        })
      expectClose(found.label, share((labelFrames, t, u) => labelFrames[u] === t))
      expectClose(found.blank, share((labelFrames, t, u) => labelFrames.filter((frame) => frame <= t).length === u))
    }
  })

  it('gives for a batch of logits what the loss has as its gradient', () => {
    const logits = tf.tensor(new Random(7).normal(2 * 5 * 4 * 3), [2, 5, 4, 3])
    const targets = { labels: tf.tensor2d([[0, 1, 1], [1, 0, 0]], [2, 3], 'int32'), frameLengths: int([5, 3]), labelLengths: int([3, 1]) }
    const before = tf.memory().numTensors
    const alignments = rnntAlignments(logits, targets, { blank: 2 })
    expect(tf.memory().numTensors).toBe(before)
    const log = tf.logSoftmax(logits)
    const lastLabels = tf.concat([targets.labels, tf.zeros([2, 1], 'int32')], 1)
    const blank = tf.variable(tf.reshape(tf.slice(log, [0, 0, 0, 2], [-1, -1, -1, 1]), [2, 5, 4]))
    const label = tf.variable(tf.sum(tf.mul(log, tf.expandDims(tf.oneHot(lastLabels, 3), 1)), 3))
    const { value, grads } = tf.variableGrads(() => rnntLatticeLoss({ blank, label }, targets).sum)
    expect(value.dataSync()[0]).toBeCloseTo(-alignments.reduce((sum, { total }) => sum + total, 0), 4)
    for (const [n, { frames, labels, blank: ofBlank, label: ofLabel }] of alignments.entries()) {
      for (const [variable, ours] of [[blank, ofBlank], [label, ofLabel]] as const) {
        const gradient = tf.slice(grads[variable.name] as tf.Tensor, [n, 0, 0], [1, frames, labels + 1]).dataSync()
        ours.forEach((value, i) => expect(gradient[i]).toBeCloseTo(-value, 5))
      }
    }
  })
})

describe('alignCtc', () => {
  it('finds the most probable of all paths, and how probable each state is', () => {
    const random = new Random(6)
    for (const [frames, labels, blank] of [[5, [1, 1], 0], [4, [0, 2], 1], [5, [0, 1, 0], 2], [3, [], 0], [1, [2], 0]] as const) {
      const size = 3
      const logits = random.normal(frames * size)
      const log = (t: number, v: number): number =>
        (logits[t * size + v] as number) - logSumExp([0, 1, 2].map((id) => logits[t * size + id] as number))
      const paths: { symbols: number[]; states: number[]; score: number }[] = []
      for (let code = 0; code < size ** frames; code++) {
        const symbols = Array.from({ length: frames }, (_, t) => Math.floor(code / size ** t) % size)
        const begins = symbols.map((id, t) => id !== blank && id !== symbols[t - 1])
        if (symbols.filter((_, t) => begins[t]).join() !== labels.join()) continue
        let seen = 0
        const states = symbols.map((id, t) => {
          if (begins[t]) seen++
          return id === blank ? 2 * seen : 2 * seen - 1
        })
        paths.push({ symbols, states, score: symbols.reduce((sum, id, t) => sum + log(t, id), 0) })
      }
      const best = paths.reduce((a, b) => (b.score > a.score ? b : a))
      const found = alignCtc(logits, size, [...labels], blank)
      expect(found.states).toEqual(best.states)
      expect(found.bestPath).toBeCloseTo(best.score, 12)
      const total = logSumExp(paths.map(({ score }) => score))
      expect(found.total).toBeCloseTo(total, 12)
      expect(found.spans).toEqual(labels.map((_, k) => ({ first: best.states.indexOf(2 * k + 1), last: best.states.lastIndexOf(2 * k + 1) })))
      const width = 2 * labels.length + 1
      const wanted = Array.from({ length: frames * width }, (_, i) => {
        const through = paths.filter(({ states }) => states[Math.floor(i / width)] === i % width)
        return through.reduce((sum, { score }) => sum + Math.exp(score - total), 0)
      })
      expectClose(found.occupancy, wanted)
    }
  })

  it('agrees in float64 with the loss and its gradient, softmax − occupancy', () => {
    const [frames, size, labels] = [60, 6, [1, 1, 4, 5, 2, 2, 2, 3]]
    const logits = tf.variable(tf.tensor(new Random(9).normal(frames * size, 0, 2), [1, frames, size]))
    const padded = tf.tensor2d([[...labels, 0, 0]], [1, 10], 'int32')
    const { value, grads } = tf.variableGrads(() => tf.sum(ctcLoss(logits, padded, int([frames]), int([8]))) as tf.Scalar)
    const values = logits.dataSync()
    const { total, occupancy } = alignCtc(values, size, labels)
    expect(Math.abs((value.dataSync()[0] as number) + total)).toBeLessThan(-1e-6 * total)
    const gradient = (grads[logits.name] as tf.Tensor).dataSync()
    for (let t = 0; t < frames; t++) {
      const row = Array.from(values.subarray(t * size, (t + 1) * size))
      for (const [v, x] of row.entries()) {
        const states = Array.from({ length: 17 }, (_, s) => s).filter((s) => (s % 2 ? labels[s >> 1] : 0) === v)
        const occupied = states.reduce((sum, s) => sum + (occupancy[t * 17 + s] as number), 0)
        expect(gradient[t * size + v]).toBeCloseTo(Math.exp(x - logSumExp(row)) - occupied, 4)
      }
    }
  })

  it('says what does not fit', () => {
    expect(() => alignCtc([0, 0, 0], 3, [1, 1])).toThrow('2 labels, 1 of them repeated, need 3 frames, got 1.')
    expect(() => alignCtc([0, 0, 0, 0], 3, [1])).toThrow('must be frames of 3 classes, got 4 numbers')
  })
})

describe('lattices as pictures', () => {
  // Two labels, certain at the second and the third of four frames.
  const certain = alignRnnt(4, 2, {
    blank: (t, u) => (u === 2 || t !== u + 1 ? 0 : -50),
    label: (t, u) => (t === u + 1 ? 0 : -50),
  })

  it('draws the path of a transducer through the cells that it takes, names escaped', () => {
    const svg = rnntLatticeSvg(certain, { labels: ['<a>', 'b'], secondsPerFrame: 0.04 })
    const points = /points="([^"]*)"/.exec(svg)?.[1]?.split(' ').map((point) => point.split(',').map(Number)) as [number, number][]
    // Frames 8 apart to the right, labels 14 apart upwards: start, 1 frame on, label, 1 frame on, label, to the end.
    const steps = points.slice(1).map(([x, y], i) => [x - (points[i]?.[0] as number), (points[i]?.[1] as number) - y])
    expect(steps).toEqual([[8, 0], [0, 14], [8, 0], [0, 14], [8, 0]])
    expect(svg.match(/<rect/g)?.length).toBe(6)
    expect(svg).toContain('&lt;a&gt;, frame 1: 1.000')
    expect(svg).not.toContain('<a>')
    expect(svg).toContain('0.00 s')
    expect(svg).toContain('has 100% of it')
  })

  it('draws the states of CTC', () => {
    const svg = ctcLatticeSvg(alignCtc([9, 0, 0, 0, 9, 0, 9, 0, 0], 3, [1]), { labels: ['one'] })
    expect(/points="([^"]*)"/.exec(svg)?.[1]?.split(' ').map((point) => Number(point.split(',')[1]))).toEqual([57, 43, 29])
  })

  it('needs a name for each label', () => {
    expect(() => rnntLatticeSvg(certain, { labels: ['a'] })).toThrow('A lattice of 2 labels needs as many names, got 1.')
  })
})
