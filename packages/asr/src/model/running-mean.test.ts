import { Random, tf, useDevice } from '@parlance/runtime'
import { beforeAll, describe, expect, it } from 'vitest'
import { RunningMean } from './running-mean.js'

beforeAll(() => useDevice('cpu', { threads: 1 }))

const BINS = 3

/** The formula, frame by frame. */
function expected(rows: readonly (readonly number[])[], mean: readonly number[], weight: number): number[][] {
  return rows.map((row, t) => row.map((value, b) => {
    let [total, all] = [weight * mean[b]!, weight]
    for (let s = 0; s <= t; s++) {
      const loud = Math.exp((2 * rows[s]!.reduce((sum, x) => sum + x, 0)) / BINS - (t - s) / 500)
      total += loud * rows[s]![b]!
      all += loud
    }
    return value - total / all
  }))
}

/** A spectrum that is loud and quiet in turns. */
function speech(frames: number): number[][] {
  const random = new Random(1, 'running-mean')
  return Array.from({ length: frames }, (_, t) => [...random.normal(BINS, Math.floor(t / 20) % 2 === 0 ? 1 : -1.5, 0.5)])
}

function heard(module: RunningMean, rows: number[][]): number[][] {
  return tf.tidy(() => (module.forward(tf.tensor3d([rows]), tf.ones([1, rows.length, 1])).output.arraySync() as number[][][])[0]!)
}

describe('RunningMean', () => {
  it('takes away the weighted mean of what was heard and what was expected', () => {
    const module = new RunningMean(BINS)
    tf.tidy(() => {
      module.expected.assign(tf.tensor1d([0.5, -0.2, 0.1]))
      module.logWeight.assign(tf.tensor1d([Math.log(30)]))
    })
    const rows = speech(1200)
    const wanted = expected(rows, [0.5, -0.2, 0.1], 30)
    for (const [t, row] of heard(module, rows).entries()) for (const [b, value] of row.entries()) expect(Math.abs(value - wanted[t]![b]!)).toBeLessThan(1e-4)
  })

  it('goes on from the sums of the frames before, and leaves out what lies beyond an utterance', () => {
    const module = new RunningMean(BINS)
    const rows = speech(90)
    const whole = heard(module, rows)
    const parts = tf.tidy(() => {
      const first = module.forward(tf.tensor3d([rows.slice(0, 50)]), tf.tensor3d([rows.slice(0, 50).map((_, t) => [t < 40 ? 1 : 0])]))
      const sums = tf.squeeze(tf.slice(first.sums, [0, 39, 0], [1, 1, -1]), [1])
      expect(sums.shape).toEqual([1, module.width])
      return module.forward(tf.tensor3d([rows.slice(40)]), tf.ones([1, 50, 1]), sums).output.arraySync() as number[][][]
    })
    for (const [t, row] of parts[0]!.entries()) for (const [b, value] of row.entries()) expect(Math.abs(value - whole[40 + t]![b]!)).toBeLessThan(1e-5)
  })

  it('hears little of a microphone\'s colour, once it has heard some speech', () => {
    const module = new RunningMean(BINS)
    const rows = speech(400)
    const coloured = heard(module, rows.map((row) => row.map((value, b) => value + [0.8, -0.8, 0][b]!)))
    const plain = heard(module, rows)
    const difference = (t: number): number => Math.max(...plain[t]!.map((value, b) => Math.abs(value - coloured[t]![b]!)))
    expect(difference(0)).toBeGreaterThan(0.7)
    expect(difference(399)).toBeLessThan(0.15)
  })
})
