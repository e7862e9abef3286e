import { beforeAll, describe, expect, it } from 'vitest'
import { useDevice } from '../device.js'
import { tf } from '../tf.js'

beforeAll(async () => {
  await useDevice('cpu', { threads: 1 })
})

describe('multinomial', () => {
  const probabilities = [0.05, 0.6, 0.1, 0.25]
  const samples = 20000

  function frequencies(draws: ArrayLike<number>): number[] {
    const counts = probabilities.map(() => 0)
    for (let i = 0; i < draws.length; i++) counts[draws[i] as number] = (counts[draws[i] as number] as number) + 1
    return counts.map((count) => count / draws.length)
  }

  it.each([
    ['logits', false, probabilities.map(Math.log)],
    ['probabilities', true, probabilities],
  ])('draws as often as %s say', (_, normalized, row) => {
    const draws = tf.tidy(() => tf.multinomial(tf.tensor1d(row), samples, 11, normalized).dataSync())
    frequencies(draws).forEach((frequency, i) => {
      const p = probabilities[i] as number
      // Four standard deviations of a binomial frequency.
      expect(Math.abs(frequency - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / samples))
    })
  })

  it('repeats itself with a seed, differs with another, and draws every row anew', () => {
    const draw = (seed: number) => tf.tidy(() => tf.multinomial(tf.zeros([2, 10]) as tf.Tensor2D, 50, seed).arraySync()) as number[][]
    const [first, second] = draw(3) as [number[], number[]]
    expect(draw(3)).toEqual([first, second])
    expect(draw(4)).not.toEqual([first, second])
    expect(second).not.toEqual(first)
  })
})
